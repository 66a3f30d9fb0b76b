import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { atExit } from './at-exit.js';
import { ContainerRuntime } from './container-runtime.js';
import { ROOT } from './files.js';
import { APP } from './local-place.js';
import { MirrorNode } from './mirror-node.js';
import type { NodeFlags, Place, TomcatPlan } from './place.js';
import { Tomcat } from './tomcat.js';

/** Docker's own names, unless TRIBES_ENGINE says podman. */
const ENGINE = process.env['TRIBES_ENGINE'] ?? 'docker';
const COMPOSE = ENGINE === 'docker' ? ['docker', 'compose'] : [`${ENGINE}-compose`];

const RECEIVER_PORT = 4000;
const UP_MILLISECONDS = 180_000;
const DOWN = ['down', '--volumes', '--timeout', '0'];

const TOMCATS = 2;

/** What the images can do of what a plan may ask for. */
const POSSIBLE = new Set<keyof TomcatPlan>(['version', 'applications', 'channelSendOptions']);

/** The applications that every image has, each at the path of its name. */
const APPLICATIONS = new Set(['app', 'form', 'tiny']);

/** What docker-compose.yml and the images do not have of that Tomcat; nothing where it can be had. */
export function missingInContainers(number: number, plan: TomcatPlan): string[] {
  const { applications = [APP], ...others } = plan;
  return [
    ...(number > TOMCATS ? [`a Tomcat ${number}`] : []),
    ...(Object.keys(others) as (keyof TomcatPlan)[]).filter((key) => !POSSIBLE.has(key)),
    ...applications
      .filter(({ kind, path, version, crossContext }) => {
        const isPlain = version === undefined && crossContext === undefined;
        return !(isPlain && APPLICATIONS.has(kind) && path === `/${kind}`);
      })
      .map(({ kind, path }) => `an application ${kind} like that at "${path}"`),
  ];
}

/**
 * The containers of docker-compose.yml, with images that have been built before (`docker compose build`, with TOMCAT1=9 too for
 * Tomcat 9). Ports and addresses are those of that file, so there is one such place at a time.
 */
export class ComposePlace implements Place {
  readonly files = `${ENGINE} logs CONTAINER`;
  readonly #environment: Record<string, string> = {};
  readonly #release = atExit(() => {
    const [command, parameters, options] = this.#command(...DOWN);
    execFileSync(command, parameters, { ...options, stdio: 'ignore' });
  });

  tomcat(number: number, plan: TomcatPlan): Promise<Tomcat> {
    const missing = missingInContainers(number, plan);
    if (missing.length > 0) {
      throw new Error(`the containers do not have ${missing.join(', ')}`);
    }
    const service = `tomcat${number}`;
    this.#environment[`TOMCAT${number}`] = plan.version === '9' ? '9' : '10';
    this.#environment['CHANNEL_SEND_OPTIONS'] = String(plan.channelSendOptions ?? 8);
    const identity = {
      name: service,
      url: `http://127.0.0.1:${8080 + number}`,
      receiverPort: RECEIVER_PORT,
      release: `Debian's ${plan.version}`,
      jvmRoute: `t${number}`,
      applications: plan.applications ?? [APP],
    };
    return Promise.resolve(new Tomcat(identity, this.#runtime(service)));
  }

  node(number: number, flags: NodeFlags): Promise<MirrorNode> {
    if (number > 1 || typeof flags === 'function' || flags.length > 0) {
      const which = typeof flags === 'function' ? 'of its own' : flags.join(' ');
      throw new Error(`docker-compose.yml has no node ${number} with flags ${which}`);
    }
    const runtime = this.#runtime('node');
    const identity = {
      name: 'node',
      url: 'http://127.0.0.1:8088',
      receiverPort: RECEIVER_PORT,
    };
    let token: string | undefined;
    const readToken = (): string => {
      token ??= runtime.read('exec', 'tribes-node', 'cat', '/data/token').trim();
      return token;
    };
    return Promise.resolve(new MirrorNode(identity, runtime, readToken));
  }

  /** That of the file has no socket by which a Tomcat could be taken out, and asked whether it is. */
  balancer(): never {
    throw new Error('scenarios with a load balancer do not run in containers');
  }

  get clientLink(): undefined {
    return undefined;
  }

  link(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    this.#release();
    await this.#compose(...DOWN);
  }

  #runtime(service: string): ContainerRuntime {
    return new ContainerRuntime(ENGINE, `tribes-${service}`, () =>
      this.#compose('up', '--detach', '--no-deps', service),
    );
  }

  async #compose(...parameters: string[]): Promise<void> {
    const [command, rest, options] = this.#command(...parameters);
    await promisify(execFile)(command, rest, { ...options, maxBuffer: 2 ** 26 });
  }

  #command(
    ...parameters: string[]
  ): [string, string[], { env: NodeJS.ProcessEnv; cwd: string; timeout: number }] {
    const [command = '', ...rest] = [...COMPOSE, '-f', `${ROOT}docker-compose.yml`, ...parameters];
    return [
      command,
      rest,
      { env: { ...process.env, ...this.#environment }, cwd: ROOT, timeout: UP_MILLISECONDS },
    ];
  }
}
