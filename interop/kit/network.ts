import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { freeTcpPort, freeUdpPort } from './ports.js';
import type { Group } from './tomcat-settings.js';

/** A place in which a member of the cluster runs. */
export interface Host {
  readonly address: string;
  /** What a command that shall run there begins with. */
  readonly commandPrefix: readonly string[];
  readonly freePort: () => Promise<number>;
  /** Where it has one of its own. */
  readonly link?: Link;
}

/** The only link of a host to the others. */
export interface Link {
  readonly cut: () => void;
  /** To the other side: what is there sees each other, and nothing else. */
  readonly part: () => void;
  /** From every other link that is isolated too; the rest see it, and it sees the rest. */
  readonly isolate: () => void;
  readonly mend: () => void;
}

/** What the members of a cluster see each other through. */
export interface Network {
  /** The address of this process in it. */
  readonly ownAddress: string;
  /** A host of its own where the network has several; the one and only where it has not. */
  host(): Host;
  /** A multicast group that nobody else uses. */
  group(): Promise<Group>;
  /** The link of whoever talks to the members, where it has one of its own. */
  readonly client?: Link;
}

/** All members side by side on the loopback interface. Needs no privileges; nothing reaches a real interface. */
export class LoopbackNetwork implements Network {
  readonly ownAddress = '127.0.0.1';

  host(): Host {
    return { address: '127.0.0.1', commandPrefix: [], freePort: () => freeTcpPort() };
  }

  async group(): Promise<Group> {
    return {
      address: `228.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`,
      port: await freeUdpPort(),
    };
  }
}

const NAMESPACES = '/run/netns';
const SUBNET = '10.77.0';
const CLIENT_NUMBER = 254;
/** Below the range that the kernel gives to outgoing connections. */
const FIRST_PORT = 8_000;

/**
 * Each host is a network namespace, all of them linked by a bridge that lives in a namespace of its own, so that nothing can
 * reach a real interface. Needs root. What talks to the hosts runs in the client namespace (`clientPrefix`).
 */
export class NamespaceNetwork implements Network {
  readonly ownAddress = `${SUBNET}.${CLIENT_NUMBER}`;
  readonly #prefix: string;
  #hosts = 0;
  #removed = 0;

  /** @param prefix begins the names of all its namespaces; at most 8 characters */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Makes the bridges (the second is for what is on the other side of a cut) and the client's namespace. */
  make(): void {
    ip('netns', 'add', this.#switch);
    for (const bridge of ['br0', 'br1']) {
      ip('-n', this.#switch, 'link', 'add', bridge, 'type', 'bridge', 'mcast_snooping', '0');
      ip('-n', this.#switch, 'link', 'set', bridge, 'up');
    }
    this.#attach(CLIENT_NUMBER);
  }

  get clientPrefix(): readonly string[] {
    return enter(this.#namespace(CLIENT_NUMBER));
  }

  host(): Host {
    const number = ++this.#hosts;
    let port = FIRST_PORT;
    this.#attach(number);
    return {
      address: `${SUBNET}.${number}`,
      commandPrefix: enter(this.#namespace(number)),
      freePort: () => Promise.resolve(port++),
      link: this.#link(number),
    };
  }

  get client(): Link {
    return this.#link(CLIENT_NUMBER);
  }

  #link(number: number): Link {
    const set = (...parameters: string[]): void =>
      ip('-n', this.#switch, 'link', 'set', `port${number}`, ...parameters);
    return {
      // Off the bridge, and not down: a link that loses its carrier comes back in ways of its own.
      cut: () => set('nomaster'),
      part: () => set('master', 'br1'),
      isolate: () => set('type', 'bridge_slave', 'isolated', 'on'),
      mend: () => {
        set('master', 'br0');
        set('type', 'bridge_slave', 'isolated', 'off');
      },
    };
  }

  group(): Promise<Group> {
    return Promise.resolve({ address: '228.0.0.4', port: 45_564 });
  }

  /**
   * Takes away the hosts and leaves bridge and client, for the next scenario. Its hosts get other numbers: neighbours
   * remember for a while which interface had an address.
   */
  reset(): void {
    for (; this.#removed < this.#hosts; this.#removed++) {
      const number = this.#removed + 1;
      ip('-n', this.#switch, 'link', 'delete', `port${number}`);
      ip('netns', 'delete', this.#namespace(number));
    }
  }

  /** Takes away every namespace of this network's prefix. */
  remove(): void {
    for (const name of readdirSync(NAMESPACES).filter((entry) => entry.startsWith(`${this.#prefix}-`))) {
      ip('netns', 'delete', name);
    }
  }

  get #switch(): string {
    return `${this.#prefix}-switch`;
  }

  #namespace(number: number): string {
    return `${this.#prefix}-${number}`;
  }

  #attach(number: number): void {
    const name = this.#namespace(number);
    const port = `port${number}`;
    ip('netns', 'add', name);
    ip('-n', this.#switch, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 've0', 'netns', name);
    ip('-n', this.#switch, 'link', 'set', port, 'master', 'br0', 'up');
    ip('-n', name, 'address', 'add', `${SUBNET}.${number}/24`, 'dev', 've0');
    ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', name, 'link', 'set', 've0', 'up');
    ip('-n', name, 'route', 'add', '224.0.0.0/4', 'dev', 've0');
  }
}

function enter(namespace: string): readonly string[] {
  return ['nsenter', `--net=${NAMESPACES}/${namespace}`];
}

function ip(...parameters: string[]): void {
  execFileSync('ip', parameters, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 10_000 });
}
