import { expect } from 'chai';
import { uniqueId } from '../../../src/base/index.js';
import { LazyReplicatedMap } from '../../../src/channel/maps/lazy-replicated-map.js';
import type { IncomingMapMessage, MapAction } from '../../../src/channel/maps/map-types.js';
import type { Member } from '../../../src/membership/index.js';
import { MapMessageType } from '../../../src/wire/index.js';
import { fakeMember } from '../../session/support/fake-channel.js';
import { growingTexts } from './map-values.js';

const { BACKUP, NOTIFY_MAPMEMBER, PROXY, RETRIEVE_BACKUP, START, STOP } = MapMessageType;
const member = (number: number): Member =>
  fakeMember(4000 + number, 1000, uniqueId(Buffer.alloc(16, number)));
const [LOWEST, US, PRIMARY, GONE, OTHER, PEER] = [1, 2, 3, 4, 5, 6].map(member) as [
  Member,
  Member,
  Member,
  Member,
  Member,
  Member,
];
const MIRRORS: readonly Member[] = [LOWEST, US, PEER];

describe('entries whose backup has gone without their primary noticing', () => {
  let values: Map<string, string>;
  let livingElsewhere: Set<string>;
  let sheltered: string[];
  let map: LazyReplicatedMap;
  let now: number;
  /** What the primary has. */
  let value: string | null;

  beforeEach(() => {
    values = new Map();
    livingElsewhere = new Set();
    sheltered = [];
    now = 1_000_000;
    value = '1';
    map = new LazyReplicatedMap({
      local: () => US,
      isPreferred: (each) => !MIRRORS.some(({ key }) => key === each.key),
      values: growingTexts(values),
      bridge: {
        claimed: () => undefined,
        mayRemove: () => true,
        wanted: (_, done) => done(true),
        livesElsewhere: (key) => livingElsewhere.has(key),
      },
      sheltered: (key, primary) => sheltered.push(`${key} of ${primary.info.port}`),
    });
    map.start([], now, () => undefined);
    [PRIMARY, GONE].forEach((each) => tell(each, { msgtype: START, key: null, primary: each }));
    map.takeActions();
  });

  function tell(from: Member, message: Partial<IncomingMapMessage> & { readonly msgtype: number }): void {
    const nothing = { key: 'a', primary: PRIMARY, valuedata: null, diff: null, nodes: [], sentAt: now };
    map.message(from, { ...nothing, ...message }, now);
  }

  function proxies(...keys: readonly string[]): void {
    keys.forEach((key) => tell(PRIMARY, { msgtype: PROXY, key, nodes: [GONE] }));
  }

  function saysGoodbye(): void {
    tell(GONE, { msgtype: STOP, key: null, primary: GONE });
  }

  /** Seconds pass; what is said then, each call for a value answered by the primary and each message heard. */
  function seconds(count: number, present: readonly Member[] = [PRIMARY]): string[] {
    const said: string[] = [];
    for (let i = 0; i < count; i++) {
      now += 1000;
      map.tick(present, now);
      for (let actions = map.takeActions(); actions.length > 0; actions = map.takeActions()) {
        said.push(...actions.map(textOf));
        actions.forEach((action) => settle(action, true));
      }
    }
    return said;
  }

  function settle(action: MapAction, isHeard: boolean): void {
    if (action.type === 'reply') {
      return;
    }
    if (action.type === 'call' && value !== null) {
      const answer = {
        msgtype: RETRIEVE_BACKUP,
        key: action.message.key,
        primary: null,
        nodes: [],
        sentAt: now,
      };
      map.responded(action.ticket, PRIMARY, { ...answer, valuedata: Buffer.from(value), diff: null }, now);
    }
    const { to } = action;
    map.ended(action.ticket, isHeard ? { delivered: to, faulty: [] } : { delivered: [], faulty: to }, now);
  }

  function textOf(action: MapAction): string {
    if (action.type === 'reply') {
      return 'reply';
    }
    const { msgtype, nodes } = action.message;
    const name = { [RETRIEVE_BACKUP]: 'retrieve', [NOTIFY_MAPMEMBER]: 'notify' }[msgtype] ?? String(msgtype);
    const named = nodes?.map(({ info }) => info.port).join(' ') ?? '';
    return [name, ...action.to.map(({ info }) => info.port), ...(named === '' ? [] : [`[${named}]`])].join(
      ' ',
    );
  }

  const role = (key = 'a'): string | undefined => map.entry(key)?.role;

  it('get us as their backup, two seconds after it has said goodbye', () => {
    proxies('a');
    saysGoodbye();
    expect(seconds(1)).to.deep.equal([]);
    expect(seconds(1)).to.deep.equal(['retrieve 4003', 'notify 4003 [4002]']);
    expect([role(), values.get('a'), sheltered]).to.deep.equal(['backup', '1', ['a of 4003']]);
  });

  it('are read again, since nobody was told of what had changed until then', () => {
    proxies('a');
    saysGoodbye();
    seconds(2);
    value = '2';
    expect(seconds(1)).to.deep.equal(['retrieve 4003']);
    expect(values.get('a')).to.equal('2');
  });

  it('are told once more who it is, where nothing has come: the primary may have been choosing another one', () => {
    proxies('a');
    saysGoodbye();
    seconds(3);
    expect(seconds(3)).to.deep.equal(['notify 4003 [4002]', 'retrieve 4003']);
    expect(seconds(20)).to.deep.equal([]);
  });

  it('are not, where something has come', () => {
    proxies('a');
    saysGoodbye();
    seconds(3);
    now += 10;
    tell(PRIMARY, { msgtype: BACKUP, diff: Buffer.from('x'), nodes: [US] });
    expect([seconds(20), values.get('a')]).to.deep.equal([[], '1+x']);
  });

  it('are tried again where the primary could not be told', () => {
    proxies('a');
    saysGoodbye();
    now += 2000;
    map.tick([PRIMARY], now);
    map.takeActions().forEach((action) => settle(action, true));
    map.takeActions().forEach((action) => settle(action, false));
    expect([role(), map.entry('a')?.nodes, sheltered]).to.deep.equal(['proxy', [GONE], []]);
    expect(seconds(2)).to.deep.equal(['retrieve 4003', 'notify 4003 [4002]']);
    expect(role()).to.equal('backup');
  });

  it('are asked for one after the other, and again where there is no value', () => {
    proxies('a');
    saysGoodbye();
    value = null;
    now += 2000;
    map.tick([PRIMARY], now);
    const [asked] = map.takeActions();
    expect(seconds(10)).to.deep.equal([]);
    if (asked !== undefined) {
      settle(asked, true);
    }
    expect(seconds(3)).to.deep.equal(['retrieve 4003']);
    expect(role()).to.equal('proxy');
  });

  it('are at most 64 at a time', () => {
    const keys = Array.from({ length: 100 }, (_, i) => `k${i}`);
    proxies(...keys);
    saysGoodbye();
    now += 2000;
    map.tick([PRIMARY], now);
    const calls = map.takeActions();
    expect(calls).to.have.length(64);
    calls.forEach((call) => settle(call, true));
    map.takeActions().forEach((action) => settle(action, true));
    seconds(1);
    expect(map.counts).to.include({ backup: 100, proxy: 0 });
  });

  describe('where the backup has said nothing', () => {
    beforeEach(() => {
      proxies('a', 'b');
      map.memberGone(GONE, now);
    });

    it('are left alone: we may be the only one that does not see it', () => {
      expect(seconds(60)).to.deep.equal([]);
    });

    it('get us, two seconds after the primary has last moved another one away from it', () => {
      seconds(5);
      tell(PRIMARY, { msgtype: PROXY, key: 'b', nodes: [OTHER] });
      expect(seconds(1)).to.deep.equal([]);
      expect(seconds(3).slice(0, 2)).to.deep.equal(['retrieve 4003', 'notify 4003 [4002]']);
      expect([role('a'), role('b')]).to.deep.equal(['backup', 'proxy']);
    });

    it('are left alone where it is a member of the channel, which has not shown the map yet', () => {
      tell(PRIMARY, { msgtype: PROXY, key: 'b', nodes: [OTHER] });
      expect(seconds(60, [PRIMARY, GONE])).to.deep.equal([]);
    });

    it('are left alone when it has come back', () => {
      tell(PRIMARY, { msgtype: PROXY, key: 'b', nodes: [OTHER] });
      tell(GONE, { msgtype: START, key: null, primary: GONE });
      map.memberGone(GONE, now);
      map.takeActions();
      expect(seconds(60)).to.deep.equal([]);
    });
  });

  it('are left alone where the backup has come back since it said goodbye, and is only not seen now', () => {
    saysGoodbye();
    // As a Tomcat says it after a reload of its web application: as a call.
    const start = {
      msgtype: START,
      key: null,
      primary: GONE,
      valuedata: null,
      diff: null,
      nodes: [],
      sentAt: now,
    };
    map.request(GONE, start, {}, now);
    map.takeActions();
    proxies('a');
    map.memberGone(GONE, now);
    expect(seconds(60)).to.deep.equal([]);
  });

  it('get us where the backup is there, and has said that it has the map no longer', () => {
    proxies('a');
    saysGoodbye();
    seconds(2, [PRIMARY, GONE]);
    expect(role()).to.equal('backup');
  });

  it('get the mirror with the lowest id', () => {
    tell(LOWEST, { msgtype: START, key: null, primary: LOWEST });
    map.takeActions();
    proxies('a');
    saysGoodbye();
    expect(seconds(60)).to.deep.equal([]);
  });

  it('are not those of another mirror, nor those that live in another map', () => {
    tell(PEER, { msgtype: START, key: null, primary: PEER });
    tell(PEER, { msgtype: PROXY, key: 'held', primary: PEER });
    proxies('a');
    livingElsewhere.add('a');
    saysGoodbye();
    map.takeActions();
    expect(seconds(60)).to.deep.equal([]);
  });

  it('are left to whoever took them over while we asked', () => {
    proxies('a');
    saysGoodbye();
    now += 2000;
    map.tick([PRIMARY], now);
    const [asked] = map.takeActions();
    tell(OTHER, { msgtype: START, key: null, primary: OTHER });
    map.takeActions();
    tell(OTHER, { msgtype: PROXY, primary: OTHER, nodes: [PRIMARY] });
    if (asked !== undefined) {
      settle(asked, true);
    }
    expect(map.takeActions()).to.deep.equal([]);
    expect(map.entry('a')).to.deep.include({ role: 'proxy', primary: OTHER });
  });

  describe('of which another mirror says that it is their backup', () => {
    const notify = (): void => tell(PEER, { msgtype: NOTIFY_MAPMEMBER, nodes: [PEER] });

    it('are to be had of it', () => {
      proxies('a');
      notify();
      expect(map.entry('a')).to.deep.include({ role: 'proxy', primary: PRIMARY, nodes: [PEER] });
    });

    it('stay ours where their primary has chosen us, and it is told so', () => {
      tell(PRIMARY, { msgtype: BACKUP, valuedata: Buffer.from('1'), nodes: [US] });
      notify();
      expect(map.takeActions().map(textOf)).to.deep.equal([`${PROXY} 4006 [4002]`]);
      expect(role()).to.equal('backup');
    });

    it('have a primary again where they had none', () => {
      proxies('a');
      tell(PRIMARY, { msgtype: STOP, key: null });
      notify();
      expect(map.entry('a')).to.deep.include({ primary: null, nodes: [GONE] });
      tell(PRIMARY, { msgtype: START, key: null });
      notify();
      expect(map.entry('a')).to.deep.include({ role: 'proxy', primary: PRIMARY, nodes: [PEER] });
    });
  });
});
