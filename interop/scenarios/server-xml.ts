import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClusterPlacement, MirrorNode, TomcatPlan } from '../kit/index.js';
import { clusterOfGuide, GUIDES_OWN_FAULT } from './guide-cluster.js';
import { populate } from './population.js';
import type { Scenario } from './scenario.js';
import type { Stage } from './stage.js';

/** Configurations as guides have them: the Cluster of each, of which a member lives where the scenario wants it. */
const GUIDES = [
  'delta-async',
  'delta-current-dispatcher',
  'backup-sync-throughput',
  'backup-two-on-one-host-1',
] as const;

const COMMAND = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** A node that knows nothing but the server.xml of the first Tomcat. */
function likeTheTomcat(stage: Stage, ...flags: readonly string[]): Promise<MirrorNode> {
  const path = join(stage.cluster.place.files, 'tomcat1', 'conf', 'server.xml');
  return stage.node(['--server-xml', path, ...flags]);
}

function ofGuide(guide: (typeof GUIDES)[number]): Scenario {
  return {
    name: `config/${guide}`,
    about: `the node reads the server.xml of a Tomcat, which is ${guide}.xml of the guides, and joins it`,
    core: guide === 'delta-async',
    versions: ['10.1'],
    async run(stage) {
      const plan: TomcatPlan = {
        version: '10.1',
        element: (placement) => clusterOfGuide(guide, placement),
        ...(guide.startsWith('backup') && { manager: 'BackupManager' }),
      };
      stage.expectInLogs(GUIDES_OWN_FAULT);
      const one = await stage.tomcat(plan);
      await stage.step('20 sessions', () => populate([one], { count: 20 }));
      const node = await likeTheTomcat(stage, '--backup.follow', '500');
      const two = await stage.tomcat(plan);
      await stage.agreeAfter('20 more, at both', () => populate([one, two], { count: 20 }));
      await stage.nodeStep('the node has the next port that is free', () => {
        const port = Number(/tcp:\/\/[\d.]+:(\d+) in the group/.exec(node.logText())?.[1]);
        if (!(port > one.receiverPort && port < one.receiverPort + 100)) {
          throw new Error(`it has ${port}, the Tomcat ${one.receiverPort}`);
        }
        return Promise.resolve(`port ${port}, the Tomcat has ${one.receiverPort}`);
      });
      await stage.logsAreClean();
    },
  };
}

const written: Scenario = {
  name: 'config/to-server-xml',
  about: 'a Tomcat joins a node with the Cluster element that `tribes config --to-server-xml` has written',
  core: false,
  versions: ['10.1'],
  async run(stage) {
    const interceptors =
      'TcpFailureDetector(connectTimeout=500), GzipInterceptor, MessageDispatchInterceptor';
    await stage.node(['--channel.interceptors', interceptors]);
    const element = ({ group, address, receiverPort }: ClusterPlacement): string => {
      const flags = {
        'membership.address': group.address,
        'membership.port': String(group.port),
        'membership.bind': address,
        'channel.interceptors': interceptors,
        'cluster.channelSendOptions': '6',
      };
      const argv = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
      const text = execFileSync(process.execPath, [COMMAND, 'config', '--to-server-xml', ...argv], {
        encoding: 'utf8',
      });
      return text.replace(
        /(<Receiver [^>]*?)address="[^"]*" port="[^"]*"/,
        `$1address="${address}" port="${receiverPort}"`,
      );
    };
    const one = await stage.tomcat({ version: '10.1', element });
    const two = await stage.tomcat({ version: '10.1', element });
    await stage.agreeAfter('40 sessions, at both', () => populate([one, two], { count: 40 }));
    await stage.logsAreClean();
  },
};

export const serverXmls: readonly Scenario[] = [...GUIDES.map(ofGuide), written];
