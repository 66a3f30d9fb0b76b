import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MirrorNode } from './mirror-node.js';
import { LocalRuntime } from './runtime.js';
import type { Group } from './tomcat-settings.js';

export interface LocalNodeOptions {
  readonly name: string;
  /** Data, token and log lie in a folder of its own in here. */
  readonly directory: string;
  readonly address: string;
  readonly httpPort: number;
  readonly receiverPort: number;
  readonly group: Group;
  readonly commandPrefix?: readonly string[];
  /** Further flags, such as ["--log.level", "debug"]; with "--server-xml" that says which cluster it joins, and how. */
  readonly flags?: readonly string[];
}

/** The command line of the same build as this file. */
const COMMAND = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** A node of ours as a child process. */
export function localNode(options: LocalNodeOptions): MirrorNode {
  const { name, address, httpPort, receiverPort, group } = options;
  const base = join(options.directory, name);
  mkdirSync(base, { recursive: true });
  const tokenFile = join(base, 'token');
  const ofCluster: Readonly<Record<string, string | number>> = {
    'membership.address': group.address,
    'membership.port': group.port,
    'membership.bind': address,
    'membership.frequency': group.frequency ?? 500,
    'membership.dropTime': group.dropTime ?? 3000,
    'receiver.address': address,
    'receiver.port': receiverPort,
    'receiver.autoBind': 1,
  };
  const { flags = [] } = options;
  const settings: Readonly<Record<string, string | number>> = {
    ...(flags.includes('--server-xml') ? {} : ofCluster),
    'http.address': address,
    'http.port': httpPort,
    'http.tokenFile': tokenFile,
    data: join(base, 'data'),
  };
  const command = [
    ...(options.commandPrefix ?? []),
    process.execPath,
    COMMAND,
    'mirror',
    ...Object.entries(settings).flatMap(([setting, value]) => [`--${setting}`, String(value)]),
    ...flags,
  ];
  const runtime = new LocalRuntime(address, {
    name,
    command,
    environment: withoutSettings(process.env),
    logFile: join(base, 'node.log'),
  });
  const identity = { name, url: `http://${address}:${httpPort}`, receiverPort };
  return new MirrorNode(identity, runtime, () => readFileSync(tokenFile, 'utf8').trim());
}

/** An environment in which nothing is set for the node: only the flags count. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('TRIBES_')));
}
