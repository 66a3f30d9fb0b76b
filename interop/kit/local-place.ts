import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './at-exit.js';
import { findTomcat, type TomcatVersion } from './installation.js';
import { localNode } from './local-node.js';
import { localTomcat } from './local-tomcat.js';
import { LoadBalancer } from './load-balancer.js';
import type { MirrorNode } from './mirror-node.js';
import type { Host, Link, Network } from './network.js';
import type { BalancerOptions, NodeFlags, Place, TomcatPlan } from './place.js';
import type { Tomcat } from './tomcat.js';
import type { Group } from './tomcat-settings.js';
import { buildApplications, type Application } from './web-application.js';

export const APP: Application = { kind: 'app', path: '/app' };

/** Members that are processes of this machine, in a network of the kit. */
export class LocalPlace implements Place {
  readonly files: string;
  readonly own: { readonly group: Group; readonly address: string };
  readonly #network: Network;
  readonly #group: Group;
  readonly #links = new Map<Tomcat | MirrorNode, Link | undefined>();
  readonly #homes = new Map<Tomcat, Home>();
  #balancer: LoadBalancer | undefined;

  private constructor(network: Network, group: Group) {
    this.#network = network;
    this.#group = group;
    this.own = { group, address: network.ownAddress };
    this.files = mkdtempSync(join(tmpdir(), 'tribes-interop-'));
  }

  static async open(network: Network): Promise<LocalPlace> {
    return new LocalPlace(network, await network.group());
  }

  async tomcat(number: number, plan: TomcatPlan): Promise<Tomcat> {
    const { version, applications = [APP], backgroundProcessorDelay, replicationLogLevel, ...others } = plan;
    const { inPlaceOf, route = true, receiverPort, ...cluster } = others;
    const home = await this.#home(number, inPlaceOf);
    const tomcat = localTomcat({
      name: `tomcat${number}`,
      installation: findTomcat(version),
      documentBases: await documentBases(version),
      applications,
      cluster: { ...cluster, group: this.#group },
      ...home.residence,
      ...(receiverPort === undefined ? {} : { receiverPort }),
      ...(route ? { jvmRoute: home.jvmRoute } : {}),
      ...(backgroundProcessorDelay === undefined ? {} : { backgroundProcessorDelay }),
      ...(replicationLogLevel === undefined ? {} : { replicationLogLevel }),
    });
    this.#homes.set(tomcat, home);
    this.#links.set(tomcat, home.host.link);
    return tomcat;
  }

  async node(number: number, flags: NodeFlags): Promise<MirrorNode> {
    const host = this.#network.host();
    const residence = await this.#residence(host);
    const node = localNode({
      name: `node${number}`,
      group: this.#group,
      flags: typeof flags === 'function' ? flags(residence) : flags,
      ...residence,
    });
    this.#links.set(node, host.link);
    return node;
  }

  async balancer(tomcats: readonly Tomcat[], options: BalancerOptions = {}): Promise<LoadBalancer> {
    const { address, commandPrefix, freePort } = this.#network.host();
    this.#balancer = new LoadBalancer({
      directory: this.files,
      address,
      port: await freePort(),
      tomcats,
      healthPath: `${APP.path}/session/`,
      commandPrefix,
      ...options,
    });
    return this.#balancer;
  }

  link(member: Tomcat | MirrorNode): Link | undefined {
    return this.#links.get(member);
  }

  get clientLink(): Link | undefined {
    return this.#network.client;
  }

  async close(keepFiles: boolean): Promise<void> {
    await Promise.all([...this.#links.keys()].map((member) => member.kill()));
    await this.#balancer?.kill();
    if (!keepFiles) {
      rmSync(this.files, { recursive: true, force: true });
    }
  }

  /** Of a new Tomcat, or of one that another leaves to it. */
  async #home(number: number, predecessor: Tomcat | undefined): Promise<Home> {
    const inherited = predecessor === undefined ? undefined : this.#homes.get(predecessor);
    if (inherited !== undefined) {
      return inherited;
    }
    const host = this.#network.host();
    return { host, residence: await this.#residence(host), jvmRoute: `t${number}` };
  }

  async #residence({ address, commandPrefix, freePort }: Host): Promise<Residence> {
    const [httpPort, receiverPort] = [await freePort(), await freePort()];
    return { directory: this.files, address, commandPrefix, httpPort, receiverPort };
  }
}

/** Where a member lives. */
interface Residence {
  readonly directory: string;
  readonly address: string;
  readonly commandPrefix: readonly string[];
  readonly httpPort: number;
  readonly receiverPort: number;
}

interface Home {
  readonly host: Host;
  readonly residence: Residence;
  readonly jvmRoute: string;
}

const built = new Map<TomcatVersion, Promise<string>>();
let buildDirectory: string | undefined;

/** Compiled once for each version in this process; taken away when it exits. */
function documentBases(version: TomcatVersion): Promise<string> {
  if (buildDirectory === undefined) {
    const directory = mkdtempSync(join(tmpdir(), 'tribes-webapps-'));
    atExit(() => rmSync(directory, { recursive: true, force: true }));
    buildDirectory = directory;
  }
  const building = built.get(version) ?? buildApplications(findTomcat(version), buildDirectory);
  built.set(version, building);
  return building;
}
