import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './at-exit.js';
import { findTomcat, type TomcatVersion } from './installation.js';
import { localNode } from './local-node.js';
import { localTomcat } from './local-tomcat.js';
import type { MirrorNode } from './mirror-node.js';
import type { Host, Link, Network } from './network.js';
import type { Place, TomcatPlan } from './place.js';
import type { Tomcat } from './tomcat.js';
import type { Group } from './tomcat-settings.js';
import { buildApplications, type Application } from './web-application.js';

export const APP: Application = { kind: 'app', path: '/app' };

/** Members that are processes of this machine, in a network of the kit. */
export class LocalPlace implements Place {
  readonly files: string;
  readonly #network: Network;
  readonly #group: Group;
  readonly #links = new Map<Tomcat | MirrorNode, Link | undefined>();

  private constructor(network: Network, group: Group) {
    this.#network = network;
    this.#group = group;
    this.files = mkdtempSync(join(tmpdir(), 'tribes-interop-'));
  }

  static async open(network: Network): Promise<LocalPlace> {
    return new LocalPlace(network, await network.group());
  }

  async tomcat(number: number, plan: TomcatPlan): Promise<Tomcat> {
    const { version, applications = [APP], backgroundProcessorDelay, replicationLogLevel, ...cluster } = plan;
    const host = this.#network.host();
    const tomcat = localTomcat({
      name: `tomcat${number}`,
      jvmRoute: `t${number}`,
      installation: findTomcat(version),
      documentBases: await documentBases(version),
      applications,
      cluster: { ...cluster, group: this.#group },
      ...(await this.#residence(host)),
      ...(backgroundProcessorDelay === undefined ? {} : { backgroundProcessorDelay }),
      ...(replicationLogLevel === undefined ? {} : { replicationLogLevel }),
    });
    this.#links.set(tomcat, host.link);
    return tomcat;
  }

  async node(number: number, flags: readonly string[]): Promise<MirrorNode> {
    const host = this.#network.host();
    const residence = await this.#residence(host);
    const node = localNode({ name: `node${number}`, group: this.#group, flags, ...residence });
    this.#links.set(node, host.link);
    return node;
  }

  link(member: Tomcat | MirrorNode): Link | undefined {
    return this.#links.get(member);
  }

  async close(keepFiles: boolean): Promise<void> {
    await Promise.all([...this.#links.keys()].map((member) => member.kill()));
    if (!keepFiles) {
      rmSync(this.files, { recursive: true, force: true });
    }
  }

  async #residence({ address, commandPrefix, freePort }: Host) {
    const [httpPort, receiverPort] = [await freePort(), await freePort()];
    return { directory: this.files, address, commandPrefix, httpPort, receiverPort };
  }
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
