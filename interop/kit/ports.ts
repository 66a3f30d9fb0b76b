import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

const given = new Set<number>();

/** A TCP port that is free on `address` now and that this process was not given before. */
export async function freeTcpPort(address = '127.0.0.1'): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return fresh(port) ? port : freeTcpPort(address);
}

/** A UDP port, for a multicast group of our own. */
export async function freeUdpPort(address = '127.0.0.1'): Promise<number> {
  const socket = createSocket('udp4').bind(0, address);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return fresh(port) ? port : freeUdpPort(address);
}

function fresh(port: number): boolean {
  const before = given.size;
  return given.add(port).size > before;
}
