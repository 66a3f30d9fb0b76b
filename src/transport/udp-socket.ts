import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** Buffers of the system for one UDP socket, in bytes; it may give less (Linux: `net.core.rmem_max`, `wmem_max`), or more. */
export interface UdpBufferSizes {
  readonly udpRxBufSize: number;
  readonly udpTxBufSize: number;
}

/** A socket of the family of `host`, not bound yet. */
export function udpSocket(host: string): Socket {
  return createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' });
}

/** For a socket that is bound. A system that gives no such buffer keeps to its own. */
export function setBufferSizes(socket: Socket, { udpRxBufSize, udpTxBufSize }: UdpBufferSizes): void {
  for (const set of [
    (): void => socket.setRecvBufferSize(udpRxBufSize),
    (): void => socket.setSendBufferSize(udpTxBufSize),
  ]) {
    try {
      set();
    } catch {
      // As with Tomcat, the size is a wish.
    }
  }
}
