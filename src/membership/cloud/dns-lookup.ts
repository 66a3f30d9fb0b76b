import { lookup } from 'node:dns/promises';
import { cloudUniqueId } from '../../wire/index.js';
import { hostBytes, javaHostText } from '../host-address.js';
import { cloudNamespace, firstOf, type Environment } from './cloud-environment.js';
import type { FoundMember, MemberLookup } from './member-lookup.js';

export interface DnsLookupOptions {
  /** Default: that of the environment. */
  readonly name?: string;
  /** `DNS_MEMBERSHIP_SERVICE_NAME`, or else the namespace. */
  readonly environment: Environment;
  /** The addresses of a name. Default: the system's lookup, as Java's. */
  readonly addressesOf?: (name: string) => Promise<readonly string[]>;
}

/**
 * The addresses of a name, such as that of a headless service
 * (`org.apache.catalina.tribes.membership.cloud.DNSMembershipProvider`).
 */
export class DnsLookup implements MemberLookup {
  readonly place: string;
  readonly advice =
    'the name must have the address of this node: in Kubernetes, the labels of its pod must be those of the headless ' +
    'service, and only ready pods are listed unless the service has publishNotReadyAddresses';
  readonly #name: string;
  readonly #addressesOf: (name: string) => Promise<readonly string[]>;

  constructor({ name, environment, addressesOf = systemAddresses }: DnsLookupOptions) {
    this.#name = name ?? firstOf(environment, 'DNS_MEMBERSHIP_SERVICE_NAME') ?? cloudNamespace(environment);
    this.place = `the DNS name ${this.#name}`;
    this.#addressesOf = addressesOf;
  }

  idOf(host: Buffer) {
    return cloudUniqueId(javaHostText(host));
  }

  /** A name that is not there has nobody. */
  async find(): Promise<readonly FoundMember[]> {
    const addresses = await this.#addressesOf(this.#name).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOTFOUND') {
        return [];
      }
      throw error;
    });
    return [...new Set(addresses)]
      .map((address) => hostBytes(address))
      .filter((host) => host !== undefined)
      .map((host) => ({ host, uniqueId: this.idOf(host), aliveTime: -1 }));
  }
}

async function systemAddresses(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}
