import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillTemplate, INTEROP } from './files.js';
import { findJdk, type TomcatInstallation } from './installation.js';
import { LocalRuntime } from './runtime.js';
import { Tomcat } from './tomcat.js';
import { serverXml, type ServerSettings } from './tomcat-settings.js';

export interface LocalTomcatOptions extends ServerSettings {
  /** "tomcat1": names the folder, and stands in messages. */
  readonly name: string;
  readonly installation: TomcatInstallation;
  /** CATALINA_BASE is made in here. */
  readonly directory: string;
  /** Level of everything that replicates. Default INFO; ALL shows each message. */
  readonly replicationLogLevel?: string;
  /** How the JVM shall be tuned. Default: quick to start and small; [] is the JVM's own way. */
  readonly jvmTuning?: readonly string[];
  /** Precedes the command, such as ["nsenter", "--net=FILE"]. It must exec. */
  readonly commandPrefix?: readonly string[];
}

/** A Tomcat on this machine, without start scripts: a JVM that is stopped, frozen and killed by its own pid. */
export function localTomcat(options: LocalTomcatOptions): Tomcat {
  const base = makeBase(options);
  const { name, address, httpPort, receiverPort, jvmRoute, applications, installation } = options;
  const url = `http://${address}:${httpPort}`;
  const runtime = new LocalRuntime(address, {
    name,
    command: [...(options.commandPrefix ?? []), ...javaCommand(base, options)],
    logFile: join(base, 'logs', 'console.log'),
  });
  const identity = { name, url, receiverPort, applications, release: installation.release };
  return new Tomcat({ ...identity, ...(jvmRoute === undefined ? {} : { jvmRoute }) }, runtime);
}

function makeBase(options: LocalTomcatOptions): string {
  const base = join(options.directory, options.name);
  const configuration = join(base, 'conf');
  for (const folder of ['conf', 'logs', 'temp', 'webapps', 'work']) {
    mkdirSync(join(base, folder), { recursive: true });
  }
  for (const name of ['web.xml', 'catalina.properties', 'tomcat-users.xml']) {
    cpSync(join(INTEROP, 'templates', name), join(configuration, name));
  }
  writeFileSync(join(configuration, 'server.xml'), serverXml(options));
  const level = options.replicationLogLevel ?? 'INFO';
  const logging = fillTemplate('logging.properties', { 'replication.level': level });
  writeFileSync(join(configuration, 'logging.properties'), logging);
  return base;
}

/** What Tomcat's own scripts open to it. */
const JVM_OPTIONS = [
  ...['java.lang', 'java.io', 'java.util', 'java.util.concurrent'].map((name) => opened('java.base', name)),
  opened('java.rmi', 'sun.rmi.transport'),
  '-Djava.net.preferIPv4Stack=true',
  '-Djava.awt.headless=true',
  '-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager',
];

const QUICK_AND_SMALL = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

function opened(module: string, name: string): string {
  return `--add-opens=${module}/${name}=ALL-UNNAMED`;
}

function javaCommand(base: string, { installation, jvmTuning }: LocalTomcatOptions): string[] {
  const properties = {
    'catalina.home': base,
    'catalina.base': base,
    'java.io.tmpdir': join(base, 'temp'),
    'java.util.logging.config.file': join(base, 'conf', 'logging.properties'),
  };
  return [
    findJdk().java,
    ...JVM_OPTIONS,
    ...(jvmTuning ?? QUICK_AND_SMALL),
    ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
    '-cp',
    installation.classPath.join(':'),
    'org.apache.catalina.startup.Bootstrap',
    'start',
  ];
}
