import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fillTemplate } from './files.js';
import { HOW_TO_INSTALL, NotInstalledError } from './installation.js';
import { SupervisedProcess } from './supervised-process.js';
import type { Tomcat } from './tomcat.js';
import { eventually } from './wait.js';

const HAPROXY = ['/usr/sbin/haproxy', '/usr/local/sbin/haproxy', '/usr/bin/haproxy'].find(existsSync);

/** Why no load balancer can be had here, or undefined if one can. */
export function missingLoadBalancer(): string | undefined {
  return HAPROXY === undefined ? `no haproxy; to install it: ${HOW_TO_INSTALL}` : undefined;
}

export interface LoadBalancerOptions {
  /** Its configuration, socket and log lie in here. */
  readonly directory: string;
  readonly address: string;
  readonly port: number;
  /** Those with a `jvmRoute`, which names them here too. */
  readonly tomcats: readonly Tomcat[];
  /** What is asked, by OPTIONS, to see whether a Tomcat serves: a path that answers 200 when its application is up. */
  readonly healthPath: string;
  /** Whether a session stays with its Tomcat while that one is up; default: it does. */
  readonly sticky?: boolean;
  readonly commandPrefix?: readonly string[];
}

/** What HAProxy says of one Tomcat. */
interface ServerState {
  /** "UP", "DOWN", "MAINT", "no check", or with what is about to change: "UP 1/2". */
  readonly status: string;
  /** Requests that it is at. */
  readonly busy: number;
}

/**
 * HAProxy in front of Tomcats, on this machine: a session stays with the Tomcat whose route its id names while that one
 * is up; each Tomcat is asked for its health and can be taken out without a request being cut short.
 */
export class LoadBalancer {
  readonly url: string;
  readonly #options: LoadBalancerOptions;
  readonly #socket: string;
  #process: SupervisedProcess | undefined;

  constructor(options: LoadBalancerOptions) {
    this.#options = options;
    this.#socket = join(options.directory, 'balancer.sock');
    this.url = `http://${options.address}:${options.port}`;
  }

  /** Starts it and waits until every Tomcat that runs is in it. @throws NotInstalledError */
  async start(): Promise<void> {
    if (HAPROXY === undefined) {
      throw new NotInstalledError(missingLoadBalancer());
    }
    const { directory, commandPrefix = [], tomcats } = this.#options;
    const configuration = join(directory, 'balancer.cfg');
    writeFileSync(configuration, this.#configuration());
    this.#process = new SupervisedProcess({
      name: 'balancer',
      command: [...commandPrefix, HAPROXY, '-db', '-f', configuration],
      logFile: join(directory, 'balancer.log'),
    });
    await eventually('the load balancer answers', 10_000, () => this.#states());
    await Promise.all(tomcats.filter(({ running }) => running).map((tomcat) => this.#is(tomcat, 'UP')));
  }

  /** Gives a Tomcat nothing more to do, and waits until it has answered what it had. */
  async takeOut(tomcat: Tomcat): Promise<void> {
    await this.#command(`set server tomcats/${routeOf(tomcat)} state maint`);
    await eventually(`${tomcat.name} has answered all its requests`, 30_000, async () => {
      const state = await this.#state(tomcat);
      return (state?.status === 'MAINT' && state.busy === 0) || undefined;
    });
  }

  /** Gives it work again, once it is healthy. */
  async putBack(tomcat: Tomcat): Promise<void> {
    await this.#command(`set server tomcats/${routeOf(tomcat)} state ready`);
    await this.#is(tomcat, 'UP');
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  async #is(tomcat: Tomcat, status: string): Promise<void> {
    await eventually(`${tomcat.name} is ${status} for the load balancer`, 15_000, async () => {
      const state = await this.#state(tomcat);
      return state?.status === status || undefined;
    });
  }

  async #state(tomcat: Tomcat): Promise<ServerState | undefined> {
    return (await this.#states()).get(routeOf(tomcat));
  }

  /** By route. */
  async #states(): Promise<Map<string, ServerState>> {
    const [head = '', ...lines] = (await this.#command('show stat')).trim().split('\n');
    const names = head.replace(/^# /, '').split(',');
    const rows = lines.map((line) => {
      const values = line.split(',');
      return (name: string): string => values[names.indexOf(name)] ?? '';
    });
    return new Map(
      rows
        .filter((value) => value('pxname') === 'tomcats' && value('svname') !== 'BACKEND')
        .map((value) => [value('svname'), { status: value('status'), busy: Number(value('scur')) }]),
    );
  }

  async #command(command: string): Promise<string> {
    const socket = connect(this.#socket).setTimeout(5_000, () => socket.destroy(new Error('no answer')));
    socket.end(`${command}\n`);
    return text(socket);
  }

  #configuration(): string {
    const { address, port, tomcats, healthPath, sticky = true } = this.#options;
    const lines = (line: (route: string, tomcat: Tomcat) => string): string =>
      tomcats.map((tomcat) => `  ${line(routeOf(tomcat), tomcat)}`).join('\n');
    return fillTemplate('haproxy.cfg', {
      address,
      port: String(port),
      socket: this.#socket,
      path: healthPath,
      rules: !sticky
        ? ''
        : lines((route) => `use-server ${route} if { req.cook(JSESSIONID) -m end .${route} }`),
      servers: lines((route, { url }) => `server ${route} ${new URL(url).host}`),
    });
  }
}

function routeOf({ name, jvmRoute }: Tomcat): string {
  if (jvmRoute === undefined) {
    throw new Error(`${name} has no jvmRoute`);
  }
  return jvmRoute;
}
