import type { Mirror } from '../../src/library/index.js';
import { eventually, JavaPeer, type Expected, type MirrorNode, type TomcatVersion } from '../kit/index.js';
import { Peers, portOf, same } from './peers.js';
import type { Scenario } from './scenario.js';
import type { Stage } from './stage.js';

/** In the order of the elections of Tomcat's own demonstration. */
const INTERCEPTORS = ['NonBlockingCoordinator', 'TcpFailureDetector', 'MessageDispatchInterceptor'];

/** One that stops closes its receiver before it says goodbye, as a Tomcat does, and one that was killed says nothing. */
const TOLD_IN_VAIN: Expected = {
  pattern: /Member send is failing for|Unable to send election message to/,
  why: 'an election begins while others do not know yet that a member has gone',
};

type Elector = JavaPeer | Mirror;

/** What somebody has agreed upon: "COORDINATOR of PORT ...". */
async function viewOf(elector: Elector): Promise<string> {
  if (elector instanceof JavaPeer) {
    return elector.do('view');
  }
  const { coordinator, members = [] } = elector.channel.coordination ?? {};
  return [coordinator?.port ?? 'none', 'of', ...members.map(({ port }) => port)].join(' ');
}

/** Tomcat's order of members without their ids: by address, then by port (`AbsoluteOrder`). */
function inOrder(members: readonly Place[]): Place[] {
  const number = (address: string): number =>
    address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  return members.toSorted(
    (one, other) => number(one.address) - number(other.address) || one.port - other.port,
  );
}

interface Place {
  readonly address: string;
  readonly port: number;
}

/** Those who elect: at `address`, and a node of which only its metrics tell. */
class Electorate {
  readonly #address: string;

  constructor(address: string) {
    this.#address = address;
  }

  /** All come to the same view: all of them are in it, and the first of them coordinates. */
  async agree(electors: readonly Elector[], node?: MirrorNode): Promise<string> {
    const nodes = node === undefined ? [] : [{ address: node.address, port: node.receiverPort }];
    const all = inOrder([...electors.map((it) => ({ address: this.#address, port: portOf(it) })), ...nodes]);
    const expected = `${all[0]?.port ?? ''} of ${all.map(({ port }) => port).join(' ')}`;
    await eventually('all agree', 40_000, async () => {
      for (const elector of electors) {
        same(`the view of ${portOf(elector)}`, await viewOf(elector), expected);
      }
      if (node !== undefined) {
        const metric = (name: string): Promise<number> =>
          node.metric(`tribes_non_blocking_coordinator_${name}`);
        const found = [await metric('view_members'), await metric('is_coordinator')];
        same(`the view of ${node.name}`, found, [all.length, Number(node.receiverPort === all[0]?.port)]);
      }
      return true;
    });
    return expected;
  }
}

function coordination(version: TomcatVersion): Scenario {
  return {
    name: `peers/coordination/${version}`,
    about:
      'two Java programs, one with the library and a node elect who coordinates; the coordinator is killed, again and again',
    core: true,
    aboutTheNode: true,
    versions: [version],
    async run(stage) {
      const peers = new Peers(stage, version);
      try {
        await elections(stage, peers);
      } finally {
        await peers.close();
      }
    },
  };
}

/** On one host the node, with the lowest port, coordinates first; then the program. */
async function elections(stage: Stage, peers: Peers): Promise<void> {
  const electorate = new Electorate(peers.place.address);
  const flags = ['--channel.interceptors', INTERCEPTORS.join(), '--channel.heartbeatSleeptime', '1000'];
  const node = await stage.node([...flags, '--membership.frequency', '200', '--membership.dropTime', '2000']);
  const above = (): Promise<number> => peers.portNextTo(node.receiverPort, 1);
  const channel = { interceptors: INTERCEPTORS, heartbeatSleeptime: 1000 };
  const [program, one, two] = await stage.step('a program and two Java programs join', async () => {
    const ports = [await above(), await above(), await above()] as const;
    return Promise.all([
      peers.program({ channel }, ports[0]),
      peers.java('CoordinationPeer', ports[1]),
      peers.java('CoordinationPeer', ports[2]),
    ]);
  });
  await stage.step('all agree', () => electorate.agree([program, one, two], node));
  await stage.step('the node is killed', async () => {
    await node.kill();
    return electorate.agree([program, one, two]);
  });
  await stage.step('the node is back', async () => {
    await node.launch(); // it would be ready when the Java programs, which have no sessions, had not answered for long enough
    return electorate.agree([program, one, two], node);
  });
  const first = await stage.step('a Java program comes, at a lower port', async () => {
    const port = await peers.portNextTo(node.receiverPort, -1);
    return peers.java('CoordinationPeer', port);
  });
  await stage.step('all agree', () => electorate.agree([first, program, one, two], node));
  await stage.step('it is killed', async () => {
    await first.kill();
    return electorate.agree([program, one, two], node);
  });
  await stage.step('one of the others leaves', async () => {
    await one.leave();
    return electorate.agree([program, two], node);
  });
  await stage.step('the node stops, and the program leaves', async () => {
    await node.stop();
    await program.leave();
    return electorate.agree([two]);
  });
  await stage.step('the logs are clean', () => peers.logsAreClean(TOLD_IN_VAIN));
}

export const coordinations: readonly Scenario[] = [coordination('9'), coordination('10.1')];
