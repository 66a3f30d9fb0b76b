import { setTimeout as sleep } from 'node:timers/promises';
import { APP, eventually, type Link, type MirrorNode, type Tomcat, type Visitor } from '../kit/index.js';
import { ghosts, LOGIN_NOT_TRANSFERRED, sendFailures } from './expected-lines.js';
import { knows } from './places.js';
import { each, populate } from './population.js';
import type { Scenario } from './scenario.js';
import { listed } from './stage.js';

const CONTEXT = `localhost#${APP.path}`;

/** Longer than dropTime and the failure detector's probes. */
const CUT_MILLISECONDS = 8_000;

/** Mirrors ask a Tomcat some seconds after its start. */
const WITHIN = 30_000;

const killed: Scenario = {
  name: 'mirrors/killed',
  about:
    'two mirrors: one is killed and comes back, beside Tomcats and when only the other one has anything; a Tomcat takes all from them',
  core: true,
  aboutTheNode: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const one = await stage.tomcat({ version: '10.1', channelSendOptions: 6 });
    const first = await stage.node();
    const two = await stage.tomcat({ version: '9', channelSendOptions: 6 });
    const second = await stage.node();
    const visitors = await stage.agreeAfter('40 sessions', () => populate([one, two], { count: 40 }));
    await stage.nodeStep('the mirrors know each other for what they are', () => areMirrors(first, second));
    stage.expectInLogs(...[first, second].flatMap((node) => [sendFailures(node), ghosts(node)]));
    await stage.step('the second is killed', () => second.kill());
    await stage.agreeAfter('changes, new sessions and ends without it', async () => {
      await each(visitors.slice(0, 10), [one, two], (visitor, tomcat) => visitor.act(tomcat, 'count'));
      await each(visitors.slice(10, 20), [one, two], (visitor, tomcat) => visitor.act(tomcat, 'invalidate'));
      await populate([one, two], { count: 10 });
    });
    await stage.agreeAfter('it comes back', () => second.start());
    stage.expectInLogs(sendFailures(one), sendFailures(two));
    const held = await first.sessionIds(CONTEXT);
    await stage.step('both Tomcats are killed, and the first mirror', () =>
      Promise.all([one.kill(), two.kill(), first.kill()]),
    );
    await stage.nodeStep('the first mirror comes back', () => first.start());
    await stage.nodeStep('neither has lost or gained a session', () => haveAll([first, second], held));
    const three = await stage.tomcat({ version: '10.1', channelSendOptions: 6 });
    stage.expectDifferences(LOGIN_NOT_TRANSFERRED);
    await stage.agreeAfter('the visitors go on at the next Tomcat', () =>
      each(visitors.slice(20), [three], goOn),
    );
    await stage.nodeStep('every session is confirmed', () => allConfirmed([first, second]));
    await stage.logsAreClean();
  },
};

const parted: Scenario = {
  name: 'hosts/mirrors-parted',
  about:
    'a Tomcat and a mirror on each side of a cut, both sides go on; it is mended, and both mirrors have everything',
  core: false,
  network: 'hosts',
  aboutTheNode: true,
  versions: ['10.1'],
  async run(stage) {
    const one = await stage.tomcat({ version: '10.1', channelSendOptions: 6 });
    const first = await stage.node();
    const two = await stage.tomcat({ version: '10.1', channelSendOptions: 6 });
    const second = await stage.node();
    const visitors = await stage.agreeAfter('40 sessions', () => populate([one, two], { count: 40 }));
    stage.expectInLogs(...[one, two, first, second].map((member) => sendFailures(member)));
    const otherSide = [two, second].map((member) => linkOf(stage.cluster.place.link(member)));
    const client = linkOf(stage.cluster.place.clientLink);
    const created: Visitor[] = [];
    await stage.step('one side goes on', async () => {
      otherSide.forEach((link) => link.part());
      await sleep(CUT_MILLISECONDS);
      await each(ofSide(visitors, 0), [one], (visitor, tomcat) => visitor.act(tomcat, 'count'));
      created.push(...(await populate([one], { count: 5 })));
      await knows(first, [one]);
    });
    await stage.step('and so does the other', async () => {
      client.part();
      await each(ofSide(visitors, 1), [two], (visitor, tomcat) => visitor.act(tomcat, 'count'));
      created.push(...(await populate([two], { count: 5 })));
      await knows(second, [two]);
    });
    await stage.nodeStep('the cut is mended, and both mirrors have the sessions of both sides', async () => {
      [client, ...otherSide].forEach((link) => link.mend());
      await knows(first, [one, two, second]);
      await knows(second, [one, two, first]);
      const [ofOne, ofTwo] = await Promise.all([one, two].map((tomcat) => tomcat.dump(APP)));
      const ids = new Set([...(ofOne?.sessions ?? []), ...(ofTwo?.sessions ?? [])].map(({ id }) => id));
      return haveAll([first, second], [...ids]);
    });
    await stage.agreeAfter('the visitors go on at both', () =>
      each(visitors, [one, two], (visitor, tomcat) => visitor.act(tomcat, 'count')),
    );
    await stage.logsAreClean();
  },
};

const last: Scenario = {
  name: 'mirrors/comes-last',
  about:
    'everything is killed, and the Tomcats are back, empty, before the mirror: it hands them what there was',
  core: false,
  aboutTheNode: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const plans = [
      { version: '10.1', channelSendOptions: 6 },
      { version: '9', channelSendOptions: 6 },
    ] as const;
    const one = await stage.tomcat(plans[0]);
    const node = await stage.node();
    const two = await stage.tomcat(plans[1]);
    const visitors = await stage.agreeAfter('20 sessions', () => populate([one, two], { count: 20 }));
    const held = await node.sessionIds(CONTEXT);
    await stage.step('everything is killed', () => Promise.all([one.kill(), two.kill(), node.kill()]));
    stage.expectInLogs(sendFailures(one), sendFailures(two), sendFailures(node));
    const three = await stage.tomcat({ ...plans[1], inPlaceOf: one });
    const four = await stage.tomcat({ ...plans[0], inPlaceOf: two });
    const others = await stage.step('5 new sessions', () => populate([three, four], { count: 5 }));
    await stage.nodeStep('the node comes back', () => node.start());
    await stage.agreeAfter('the old visitors and the new ones go on', async () => {
      await each([...visitors, ...others], [four, three], goOn);
    });
    await stage.nodeStep('nothing is lost', async () => {
      const { sessions } = await three.dump(APP);
      const ids = sessions.map(({ id }) => id);
      if (ids.length !== held.length + others.length) {
        throw new Error(`${ids.length} sessions, and not ${held.length + others.length}`);
      }
      await haveAll([node], ids);
      await allConfirmed([node]);
    });
    await stage.logsAreClean();
  },
};

/** Those whose sessions were made at the Tomcat of that side. */
function ofSide(visitors: readonly Visitor[], side: 0 | 1): readonly Visitor[] {
  return visitors.filter((_visitor, number) => number % 2 === side);
}

/** The visitor has the session that it had. */
async function goOn(visitor: Visitor, tomcat: Tomcat): Promise<void> {
  const { names = [] } = await visitor.act(tomcat, 'count');
  if (names.length < 2) {
    throw new Error(`a session has only ${names.join(', ')} left`);
  }
}

async function areMirrors(...nodes: readonly MirrorNode[]): Promise<void> {
  for (const node of nodes) {
    const others = nodes.filter((other) => other !== node).map(({ receiverPort }) => receiverPort);
    const mirrors = (await node.members()).filter(({ mirror }) => mirror).map(({ port }) => port);
    if (mirrors.sort().join() !== others.sort().join()) {
      throw new Error(
        `${node.name} takes for mirrors what listens on ${mirrors.join()}, not ${others.join()}`,
      );
    }
  }
}

async function haveAll(nodes: readonly MirrorNode[], ids: readonly string[]): Promise<string> {
  const expected = new Set(ids);
  for (const node of nodes) {
    let wrong: string[] = [];
    await eventually(`${node.name} has ${ids.length} sessions`, WITHIN, async () => {
      const has = new Set(await node.sessionIds(CONTEXT));
      wrong = [
        ...[...expected].filter((id) => !has.has(id)).map((id) => `${id} is missing`),
        ...[...has].filter((id) => !expected.has(id)).map((id) => `${id} is too many`),
      ];
      return wrong.length === 0 || undefined;
    }).catch((error: unknown) => {
      throw new Error(listed(`sessions of ${node.name} are wrong`, wrong), { cause: error });
    });
  }
  return `${ids.length} sessions`;
}

async function allConfirmed(nodes: readonly MirrorNode[]): Promise<void> {
  for (const node of nodes) {
    await eventually(`no session of ${node.name} is unconfirmed`, WITHIN, async () => {
      const sessions = [...(await node.sessions(CONTEXT)).values()];
      return sessions.every(({ unconfirmed }) => unconfirmed === false) || undefined;
    });
  }
}

function linkOf(link: Link | undefined): Link {
  if (link === undefined) {
    throw new Error('a member has no link of its own');
  }
  return link;
}

export const mirrors: readonly Scenario[] = [killed, last, parted];
