import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { messageOf, TribesError } from '../base/index.js';
import type { McastSettings } from './mcast-settings.js';

export interface MulticastSocketEvents {
  readonly onDatagram: (datagram: Buffer, sender: RemoteInfo) => void;
  /** The socket goes on after an error. */
  readonly onError: (error: Error) => void;
}

export type MulticastSocketSettings = Pick<
  McastSettings,
  'address' | 'port' | 'bind' | 'ttl' | 'localLoopbackDisabled'
>;

/** A UDP socket that has joined one group (`McastServiceImpl.setupSocket`). */
export class MulticastSocket {
  readonly #socket: Socket;
  readonly #settings: MulticastSocketSettings;
  readonly #sending = new Set<Promise<void>>();

  /** Errors: TRIBES_E_MEMBERSHIP_BIND, TRIBES_E_MEMBERSHIP_PORT, TRIBES_E_MEMBERSHIP_ADDRESS. */
  static async open(
    settings: MulticastSocketSettings,
    events: MulticastSocketEvents,
  ): Promise<MulticastSocket> {
    const networkInterface =
      settings.bind === undefined ? undefined : interfaceOf(settings.bind, settings.address);
    const socket = await bindSocket(settings);
    try {
      configure(socket, settings, networkInterface);
    } catch (cause) {
      socket.close();
      const { address, bind } = settings;
      const params = { address, interface: bind ?? 'the default interface', reason: messageOf(cause) };
      throw new TribesError('TRIBES_E_MEMBERSHIP_ADDRESS', params, { cause });
    }
    socket.on('message', events.onDatagram);
    socket.on('error', events.onError);
    return new MulticastSocket(socket, settings);
  }

  private constructor(socket: Socket, settings: MulticastSocketSettings) {
    this.#socket = socket;
    this.#settings = settings;
  }

  /** Resolves when the system has taken the datagram; rejects with its error. */
  async send(datagram: Buffer): Promise<void> {
    const { port, address } = this.#settings;
    const sent = new Promise<void>((resolve, reject) => {
      this.#socket.send(datagram, port, address, (error) => (error === null ? resolve() : reject(error)));
    });
    this.#sending.add(sent);
    try {
      await sent;
    } finally {
      this.#sending.delete(sent);
    }
  }

  /** Leaves the group and closes, when what is being sent is sent. */
  async close(): Promise<void> {
    // A dgram socket that is closed forgets the callbacks of what it has not sent yet.
    await Promise.allSettled(this.#sending);
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }
}

/**
 * Binds to the address of the group, so that the socket hears only that group: one that is bound to any address also
 * hears what arrives on the port for groups that other processes of the host have joined. Systems that refuse that
 * (Windows) bind to any address, as `McastServiceImpl` does.
 */
async function bindSocket(settings: MulticastSocketSettings): Promise<Socket> {
  try {
    return await bound(settings, settings.address);
  } catch {
    return await bound(settings, undefined).catch((cause: unknown) => {
      const params = { port: settings.port, reason: messageOf(cause) };
      throw new TribesError('TRIBES_E_MEMBERSHIP_PORT', params, { cause });
    });
  }
}

async function bound({ address: group, port }: MulticastSocketSettings, address?: string): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(group) ? 'udp6' : 'udp4', reuseAddr: true });
  try {
    const listening = once(socket, 'listening');
    socket.bind({ port, exclusive: true, ...(address !== undefined && { address }) });
    await listening;
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function configure(socket: Socket, settings: MulticastSocketSettings, networkInterface?: string): void {
  const { address, ttl, localLoopbackDisabled } = settings;
  socket.setMulticastLoopback(!localLoopbackDisabled);
  if (networkInterface !== undefined) {
    socket.setMulticastInterface(networkInterface);
  }
  if (ttl >= 0) {
    socket.setMulticastTTL(ttl);
  }
  socket.addMembership(address, networkInterface);
}

/** What names the interface that owns `bind`: for IPv4 groups an IPv4 address of it, for IPv6 groups its scope. */
function interfaceOf(bind: string, group: string): string {
  const interfaces = Object.entries(networkInterfaces());
  for (const [name, addresses = []] of interfaces) {
    if (addresses.some(({ address }) => address === bind)) {
      const ipv4 = isIPv6(bind) ? addresses.find(({ family }) => family === 'IPv4')?.address : bind;
      return isIPv6(group) ? `::%${name}` : (ipv4 ?? bind);
    }
  }
  const all = interfaces.flatMap(([, addresses = []]) => addresses.map(({ address }) => address));
  throw new TribesError('TRIBES_E_MEMBERSHIP_BIND', { bind, addresses: all.join(', ') });
}
