import { randomInt } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  findTomcat,
  localNode,
  localTomcat,
  type ClusterSettings,
  type Group,
  type MirrorNode,
  type Tomcat,
} from '../../interop/kit/index.js';
import { freeTcpPort, freeUdpPort } from '../../interop/kit/ports.js';
import type { BenchmarkOptions, Store } from './benchmark.js';
import { JAVA_SOURCES, javaClasses } from './java-classes.js';
import { JavaProgram } from './java-program.js';
import type { MemoryLimit } from './memory-limit.js';

/** All traffic is on loopback. */
const ADDRESS = '127.0.0.1';

/** The one application of all Tomcats: it tells what its manager holds, and makes sessions. */
export const APPLICATION = { kind: 'app', path: '/app' } as const;
export const CONTEXT = 'localhost#/app';

/** In a smoke test nobody waits for a heartbeat, and JVMs are quick to start instead of quick to run. */
const SMOKE_FREQUENCY_MS = 100;
const SPACIOUS = ['-Xms3g', '-Xmx3g', '-Xmn2g'];
const SMOKE_TUNING = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

export interface TomcatOptions {
  readonly group: Group;
  /** MB; the JVM's own default where it is not given. */
  readonly heap?: number;
  /** Attributes of its DeltaManager. */
  readonly manager?: NonNullable<ClusterSettings['managerAttributes']>;
}

export interface NodeOptions {
  readonly group: Group;
  readonly store: Store;
  readonly flags?: readonly string[];
  readonly limit?: MemoryLimit;
}

/** What one benchmark works with: a folder, Tomcats, nodes, Java programs. All of it is gone when the work is over. */
export class Workbench {
  readonly installation = findTomcat('10.1');
  readonly directory = mkdtempSync(join(tmpdir(), 'tribes-bench-'));
  readonly options: BenchmarkOptions;
  readonly #members: (Tomcat | MirrorNode)[] = [];
  readonly #programs: JavaProgram[] = [];
  #documentBases: Promise<string> | undefined;

  private constructor(options: BenchmarkOptions) {
    this.options = options;
  }

  static async use<T>(options: BenchmarkOptions, work: (bench: Workbench) => Promise<T>): Promise<T> {
    const bench = new Workbench(options);
    try {
      return await work(bench);
    } finally {
      await bench.#clear();
    }
  }

  /** A cluster's multicast group, that nobody else has. */
  async group(frequency?: number): Promise<Group> {
    return {
      address: `239.255.${randomInt(256)}.${randomInt(1, 255)}`,
      port: await freeUdpPort(ADDRESS),
      frequency: frequency ?? (this.options.smoke ? SMOKE_FREQUENCY_MS : 500),
    };
  }

  /** A real Tomcat with a DeltaManager, in a JVM with its own defaults. It is not started. */
  async tomcat({ group, heap, manager = {} }: TomcatOptions): Promise<Tomcat> {
    this.#documentBases ??= this.#buildApplication();
    const tomcat = localTomcat({
      name: this.#nameOf('tomcat'),
      installation: this.installation,
      directory: this.directory,
      documentBases: await this.#documentBases,
      cluster: { group, managerAttributes: manager },
      applications: [APPLICATION],
      jvmTuning: [...this.#tuning(), ...(heap === undefined ? [] : [`-Xmx${Math.ceil(heap)}m`])],
      ...(await residence()),
    });
    this.#members.push(tomcat);
    return tomcat;
  }

  /** A node of ours, as `tribes mirror` starts it. It is not started. */
  async node({ group, store, flags = [], limit }: NodeOptions): Promise<MirrorNode> {
    const node = localNode({
      name: this.#nameOf(`node-${store}`),
      directory: this.directory,
      group,
      flags: ['--store.type', store, ...flags],
      ...(limit === undefined ? {} : { commandPrefix: limit.commandPrefix }),
      ...(await residence()),
    });
    this.#members.push(node);
    return node;
  }

  program(mainClass: string, ...words: readonly (string | number)[]): Promise<JavaProgram> {
    return this.#program(mainClass, words, this.#tuning());
  }

  /** One whose own garbage collections would be taken for what it measures: its heap is so large that there is none meanwhile. */
  spaciousProgram(mainClass: string, ...words: readonly (string | number)[]): Promise<JavaProgram> {
    return this.#program(mainClass, words, this.options.smoke ? SMOKE_TUNING : SPACIOUS);
  }

  async #program(
    mainClass: string,
    words: readonly (string | number)[],
    tuning: readonly string[],
  ): Promise<JavaProgram> {
    const program = await JavaProgram.start(mainClass, words, this.installation, tuning);
    this.#programs.push(program);
    return program;
  }

  /** The folder in which a node keeps what rests. */
  dataOf(node: MirrorNode): string {
    return join(this.directory, node.name, 'data');
  }

  /** What its HTTP interface asks for. */
  tokenOf(node: MirrorNode): string {
    return readFileSync(join(this.directory, node.name, 'token'), 'utf8').trim();
  }

  async #buildApplication(): Promise<string> {
    const documentBases = join(this.directory, 'webapps');
    const information = join(documentBases, APPLICATION.kind, 'WEB-INF');
    const sources = join(JAVA_SOURCES, 'webapp');
    mkdirSync(information, { recursive: true });
    cpSync(join(sources, 'web.xml'), join(information, 'web.xml'));
    const classes = await javaClasses(sources, this.installation);
    cpSync(classes, join(information, 'classes'), { recursive: true });
    return documentBases;
  }

  #tuning(): readonly string[] {
    return this.options.smoke ? SMOKE_TUNING : [];
  }

  #nameOf(kind: string): string {
    return `${kind}-${this.#members.length + 1}`;
  }

  async #clear(): Promise<void> {
    await Promise.allSettled(this.#programs.map((program) => program.end()));
    await Promise.allSettled(this.#members.map((member) => member.kill()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function residence() {
  return { address: ADDRESS, httpPort: await freeTcpPort(ADDRESS), receiverPort: await freeTcpPort(ADDRESS) };
}
