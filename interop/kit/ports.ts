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

/**
 * The free TCP port next to `port`, above it (`step` 1) or below it (-1), that this process was not given before.
 *
 * @throws Error when a hundred of them are in use
 */
export async function freeTcpPortNextTo(port: number, step: 1 | -1, address = '127.0.0.1'): Promise<number> {
  for (let tried = 1; tried <= 100; tried++) {
    const candidate = port + step * tried;
    if (!given.has(candidate) && (await isFree(candidate, address))) {
      given.add(candidate);
      return candidate;
    }
  }
  throw new Error(`no free port next to ${port}`);
}

async function isFree(port: number, address: string): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, address), 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
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
