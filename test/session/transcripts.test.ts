import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { contextName, sessionId } from '../../src/base/index.js';
import { makeMember, type Member } from '../../src/membership/index.js';
import { decodeChannelData, decodeFrames, isAck } from '../../src/wire/index.js';
import { TestNode } from './support/node.js';

interface Transcript {
  readonly name: string;
  readonly events: readonly {
    readonly t: number;
    readonly conn?: string;
    readonly by?: string;
    readonly hex?: string;
  }[];
}

interface Captured {
  readonly t: number;
  readonly toPort: number;
  readonly sender: Member;
  readonly payload: Buffer;
  readonly options: number;
}

const path = fileURLToPath(new URL('../../../test/vectors/07-transcripts.json', import.meta.url));
const { scenarios } = JSON.parse(readFileSync(path, 'utf8')) as { scenarios: readonly Transcript[] };

/** Every message of a captured conversation that is not raw bytes, in the order of capture. */
function messagesOf(scenario: string): Captured[] {
  const transcript = scenarios.find(({ name }) => name.startsWith(scenario));
  return (transcript?.events ?? []).flatMap(({ t, conn, by, hex }) => {
    if (conn === undefined || by !== 'connector' || hex === undefined) {
      return [];
    }
    const [frame] = decodeFrames(Buffer.from(hex, 'hex'));
    if (frame === undefined || isAck(frame)) {
      return [];
    }
    const { member, message: payload, options } = decodeChannelData(frame);
    const toPort = Number(conn.split('<-')[0]);
    return (options & 1) === 0 ? [{ t, toPort, sender: makeMember(member), payload, options }] : [];
  });
}

/** Hands a node all of them, at their own times. */
async function replay(messages: readonly Captured[]): Promise<TestNode> {
  const node = await new TestNode().join();
  let t = 0;
  for (const { t: at, sender, payload, options } of messages) {
    await node.pass((at - t) * 1000);
    t = at;
    await node.channel.deliver(sender, payload, options);
  }
  await node.pass(100);
  return node;
}

const APP = contextName('localhost#/app');

describe('SimpleTcpCluster, in the place of a Tomcat whose conversation was captured', () => {
  describe('(10.1.60 joins 10.1.60)', () => {
    const messages = messagesOf('DeltaManager, channelSendOptions=8');

    it('ends with what the joining node had been told', async () => {
      const node = await replay(messages.filter(({ toPort }) => toPort === 4002));
      expect(node.cluster.page({ limit: 10 }).sessions.map(({ id }) => id)).to.deep.equal(['NEWID.n4001']);
      expect(node.attributes(sessionId('NEWID.n4001'))).to.deep.equal({ color: 'red', user: 'alice' });
      expect(node.cluster.find(sessionId('NEWID.n4001'), APP)[0]).to.deep.include({
        maxInactiveInterval: 1800,
      });
      expect(node.cluster.counters).to.deep.include({
        undecodable: 0,
        unknown: 0,
        transfersRead: 1,
        uncutValues: 0,
      });
    });

    it('ends there too when it hears both', async () => {
      const node = await replay(messages);
      expect(node.cluster.page({ limit: 10 }).sessions.map(({ id }) => id)).to.deep.equal(['NEWID.n4001']);
      expect(node.events.map(({ type, id }) => `${type} ${id.slice(0, 4)}`)).to.deep.equal([
        'sessionTransferred 39BB',
        'attributeChanged 39BB',
        'sessionAccessed 39BB',
        'sessionIdChanged 39BB',
        'sessionCreated 48FA',
        'sessionAccessed 48FA',
        'sessionExpired 48FA',
      ]);
      expect(node.cluster.contexts().map(({ name }) => name)).to.deep.equal([APP, 'localhost#/other']);
    });

    it('answers what it was asked, with the state that it had by then', async () => {
      const asked = messages.findIndex(({ toPort }) => toPort === 4001);
      const node = await replay([
        ...messages.filter(({ toPort }) => toPort === 4002).slice(0, 2),
        ...messages.slice(asked, asked + 1),
      ]);
      expect(node.sent()).to.deep.equal([
        `4002 ALL_SESSION_DATA ${APP} 6`,
        `4002 ALL_SESSION_TRANSFERCOMPLETE ${APP} 8`,
      ]);
    });
  });

  describe('(10.1.60 joins 9.0.70, which is killed at the end)', () => {
    const messages = messagesOf('DeltaManager with mixed versions');

    it('ends with the sessions of both', async () => {
      const node = await replay(messages);
      const ids = node.cluster.page({ limit: 10 }).sessions.map(({ id }) => id);
      expect(ids).to.have.members([
        'F3A5CABC00C397E94BB24B3EC0E0C646.n4001',
        '5F2AAA25A3BFE46A0A4BD36439BFA827.n4002',
      ]);
      const [first, second] = [...ids].sort().reverse();
      expect(node.attributes(first ?? sessionId(''))).to.deep.equal({ color: 'blue', user: 'alice' });
      expect(node.attributes(second ?? sessionId(''))).to.deep.equal({ x: 'y' });
      expect(node.cluster.counters).to.deep.include({ undecodable: 0, unknown: 0, stale: 0 });
    });
  });
});
