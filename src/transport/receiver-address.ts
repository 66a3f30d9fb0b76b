import { lookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { messageOf, TribesError } from '../base/index.js';

/** What the choice depends on. */
export interface HostFacts {
  readonly hostname: string;
  /** The address of a host name; rejects when it has none. */
  lookup(name: string): Promise<string>;
  /** Addresses of all interfaces that are up. */
  readonly addresses: readonly string[];
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16);
linkLocal.addSubnet('fe80::', 10, 'ipv6');

const UNSPECIFIED: readonly string[] = ['0.0.0.0', '::'];

/**
 * The address to listen on and to announce. `auto` is the address of the local host name, as in
 * `ReceiverBase.getBind`. But where that is a loopback address, as on Debian (127.0.1.1), or where the name has none,
 * it is the first address of an interface that others reach, IPv4 before IPv6; loopback only if there is no other.
 *
 * Errors: TRIBES_E_RECEIVER_UNANNOUNCEABLE, TRIBES_E_RECEIVER_ADDRESS.
 */
export async function resolveReceiverAddress(
  setting: string,
  facts: HostFacts = thisHost(),
): Promise<string> {
  const address = setting === 'auto' ? await localAddress(facts) : await addressOf(setting, facts);
  if (UNSPECIFIED.includes(address)) {
    throw new TribesError('TRIBES_E_RECEIVER_UNANNOUNCEABLE', { address: setting });
  }
  return address;
}

export function isLoopback(address: string): boolean {
  return loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

async function addressOf(setting: string, facts: HostFacts): Promise<string> {
  if (isIP(setting) !== 0) {
    return setting;
  }
  try {
    return await facts.lookup(setting);
  } catch (cause) {
    throw new TribesError(
      'TRIBES_E_RECEIVER_ADDRESS',
      { address: setting, reason: messageOf(cause) },
      { cause },
    );
  }
}

async function localAddress(facts: HostFacts): Promise<string> {
  const named = await facts.lookup(facts.hostname).catch(() => undefined);
  if (named !== undefined && !isLoopback(named)) {
    return named;
  }
  const reachable = facts.addresses.filter((address) => !isLoopback(address) && !isLinkLocal(address));
  return reachable.find((address) => !isIPv6(address)) ?? reachable[0] ?? named ?? '127.0.0.1';
}

function isLinkLocal(address: string): boolean {
  return linkLocal.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function thisHost(): HostFacts {
  const addresses = Object.values(networkInterfaces()).flatMap((list = []) =>
    list.map(({ address }) => address),
  );
  return {
    hostname: hostname(),
    // As Java does by default, IPv4 comes first.
    lookup: async (name) => (await lookup(name, { order: 'ipv4first' })).address,
    addresses,
  };
}
