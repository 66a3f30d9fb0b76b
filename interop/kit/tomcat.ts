import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dump } from './dump.js';
import { fillTemplate, INTEROP } from './files.js';
import { exchange, getJson } from './http-client.js';
import { findJdk, type TomcatInstallation } from './installation.js';
import { SupervisedProcess } from './supervised-process.js';
import { GrowingLog } from './tomcat-log.js';
import { serverXml, type ServerSettings } from './tomcat-settings.js';
import { eventually } from './wait.js';
import { contextName, type Application } from './web-application.js';

export interface TomcatOptions extends ServerSettings {
  /** "tomcat1": names the folder, and stands in messages. */
  readonly name: string;
  readonly installation: TomcatInstallation;
  /** CATALINA_BASE is made in here. */
  readonly directory: string;
  /** Level of everything that replicates. Default INFO; ALL shows each message. */
  readonly replicationLogLevel?: string;
  /** Precedes the command, such as ["nsenter", "--net=FILE"]. It must exec. */
  readonly commandPrefix?: readonly string[];
}

const OPENED = ['java.lang', 'java.io', 'java.util', 'java.util.concurrent'].map(
  (name) => `java.base/${name}`,
);
const JVM_OPTIONS = [
  ...[...OPENED, 'java.rmi/sun.rmi.transport'].map((name) => `--add-opens=${name}=ALL-UNNAMED`),
  '-Djava.net.preferIPv4Stack=true',
  '-Djava.awt.headless=true',
  '-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager',
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
];

/** One real Tomcat on this machine, without start scripts: a JVM that we start, stop, freeze and kill by its own pid. */
export class Tomcat {
  readonly options: TomcatOptions;
  readonly base: string;
  readonly log: GrowingLog;
  #process: SupervisedProcess | undefined;

  constructor(options: TomcatOptions) {
    this.options = options;
    this.base = join(options.directory, options.name);
    this.log = new GrowingLog(join(this.base, 'logs', 'console.log'));
    const configuration = join(this.base, 'conf');
    for (const folder of ['conf', 'logs', 'temp', 'webapps', 'work']) {
      mkdirSync(join(this.base, folder), { recursive: true });
    }
    for (const name of ['web.xml', 'catalina.properties', 'tomcat-users.xml']) {
      cpSync(join(INTEROP, 'templates', name), join(configuration, name));
    }
    writeFileSync(join(configuration, 'server.xml'), serverXml(options));
    const logging = fillTemplate('logging.properties', {
      'replication.level': options.replicationLogLevel ?? 'INFO',
    });
    writeFileSync(join(configuration, 'logging.properties'), logging);
  }

  get name(): string {
    return this.options.name;
  }

  /** "http://127.0.0.1:8080" */
  get url(): string {
    return `http://${this.options.address}:${this.options.httpPort}`;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get running(): boolean {
    return this.#process !== undefined && this.#process.ending === undefined;
  }

  /** Starts the JVM and waits until every application answers, at most `within` milliseconds. */
  async start(within = 90_000): Promise<void> {
    this.launch();
    await this.ready(within);
  }

  /** Starts the JVM and returns at once. */
  launch(): void {
    if (this.running) {
      throw new Error(`${this.name} is running already`);
    }
    const properties = {
      'catalina.home': this.base,
      'catalina.base': this.base,
      'java.io.tmpdir': join(this.base, 'temp'),
      'java.util.logging.config.file': join(this.base, 'conf', 'logging.properties'),
    };
    const java = [findJdk().java, ...JVM_OPTIONS, '-cp', this.options.installation.classPath.join(':')];
    const defined = Object.entries(properties).map(([name, value]) => `-D${name}=${value}`);
    const command = [
      ...(this.options.commandPrefix ?? []),
      ...java,
      ...defined,
      'org.apache.catalina.startup.Bootstrap',
      'start',
    ];
    this.#process = new SupervisedProcess({ name: this.name, command, logFile: this.log.file });
  }

  async ready(within = 90_000): Promise<void> {
    await eventually(`${this.name} is up; its log is ${this.log.file}`, within, async () => {
      const ending = this.#process?.ending;
      if (ending !== undefined) {
        return { ending };
      }
      for (const application of this.options.applications) {
        const response = await exchange(`${this.url}${application.path}/dump`, { timeout: 5_000 });
        if (response.status !== 200) {
          throw new Error(`${application.path}/dump answered ${response.status}`);
        }
      }
      return {};
    }).then(({ ending }) => {
      if (ending !== undefined) {
        throw new Error(
          `${this.name} ended while starting (${JSON.stringify(ending)}); its log is ${this.log.file}`,
        );
      }
    });
  }

  /** A clean stop: the JVM's shutdown hook stops the server. */
  async stop(within = 30_000): Promise<void> {
    await this.#process?.terminate(within);
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  /** SIGSTOP: the JVM is frozen, its sockets stay. */
  pause(): void {
    this.#process?.signal('SIGSTOP');
  }

  resume(): void {
    this.#process?.signal('SIGCONT');
  }

  /** The cluster's name of an application's context. */
  contextName(application: Application): string {
    return contextName(application, this.options.cluster.level ?? 'Engine');
  }

  /** Every session of an application as its manager holds it; touches none of them. */
  async dump(application: Application): Promise<Dump> {
    return (await getJson(`${this.url}${application.path}/dump`)) as Dump;
  }

  /** What the log holds, empty before the first start. */
  logText(): string {
    return existsSync(this.log.file) ? this.log.text() : '';
  }
}
