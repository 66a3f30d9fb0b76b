import { expect } from 'chai';
import { uniqueId } from '../../../src/base/index.js';
import { LazyReplicatedMap } from '../../../src/channel/maps/lazy-replicated-map.js';
import type { IncomingMapMessage } from '../../../src/channel/maps/map-types.js';
import { MapMessageType } from '../../../src/wire/index.js';
import { fakeMember } from '../../session/support/fake-channel.js';
import { growingTexts } from './map-values.js';

const US = fakeMember(4001, 1000, uniqueId(Buffer.alloc(16, 1)));
const TOMCAT = fakeMember(4002, 1000, uniqueId(Buffer.alloc(16, 2)));
const KEY = 'a';

describe('a lazy map whose entries live in another map', () => {
  let owner: 'here' | 'elsewhere';
  let claims: string[];
  let values: Map<string, string>;
  let map: LazyReplicatedMap;

  beforeEach(() => {
    owner = 'elsewhere';
    claims = [];
    values = new Map([[KEY, 'ours']]);
    map = new LazyReplicatedMap({
      local: () => US,
      values: growingTexts(values),
      bridge: {
        claimed: (key, by) => claims.push(`${key} by ${by.info.port}`),
        mayRemove: () => true,
        wanted: (_key, done) => done(true),
        livesElsewhere: () => owner === 'elsewhere',
      },
    });
    map.start([], 0, () => undefined);
    map.message(TOMCAT, about(MapMessageType.START, { key: null }), 0);
    map.takeActions();
  });

  function about(msgtype: number, more: Partial<IncomingMapMessage> = {}): IncomingMapMessage {
    const none = { valuedata: null, diff: null, nodes: [], sentAt: 0 };
    return { msgtype, key: KEY, primary: TOMCAT, ...none, ...more };
  }

  /** What was sent since, and to whom: "PROXY 4002". */
  function said(): string[] {
    return map
      .takeActions()
      .flatMap((action) =>
        action.type === 'reply'
          ? []
          : action.to.map(({ info }) => `${nameOf(action.message.msgtype)} ${info.port}`),
      );
  }

  it('tells a former primary once more that it is held, when that still changes it', () => {
    map.hold(KEY, 0);
    expect(said()).to.deep.equal(['PROXY 4002']);
    map.message(TOMCAT, about(MapMessageType.BACKUP, { diff: Buffer.from('late'), nodes: [US] }), 1);
    expect([said(), claims, map.entry(KEY)?.role]).to.deep.equal([['PROXY 4002'], [], 'held']);
    expect(values.get(KEY)).to.equal('ours');
  });

  it('goes on standing for the entry, whoever says that it was used', () => {
    map.hold(KEY, 0);
    map.message(TOMCAT, about(MapMessageType.ACCESS, { nodes: [US] }), 1);
    expect(map.entry(KEY)).to.include({ role: 'held', primary: US });
  });

  it('gives it up to whoever takes it over', () => {
    map.hold(KEY, 0);
    map.message(TOMCAT, about(MapMessageType.NOTIFY_MAPMEMBER, { nodes: [US] }), 1);
    expect([claims, map.entry(KEY)?.role]).to.deep.equal([['a by 4002'], 'backup']);
  });

  it('asks whoever took it over just when it was held whether it has it', () => {
    map.hold(KEY, 0);
    map.message(TOMCAT, about(MapMessageType.NOTIFY_MAPMEMBER, { nodes: [US] }), 1);
    said();
    map.tick([TOMCAT], 7_000);
    expect(said()).to.deep.equal(['STATE 4002']);
  });

  it('is inherited by nobody here', () => {
    map.message(TOMCAT, about(MapMessageType.PROXY, { nodes: [TOMCAT] }), 0);
    said();
    map.memberGone(TOMCAT, 1);
    expect(map.entry(KEY)).to.equal(undefined);
    owner = 'here';
    map.message(TOMCAT, about(MapMessageType.PROXY, { nodes: [TOMCAT] }), 2);
    map.memberGone(TOMCAT, 3);
    expect(map.entry(KEY)?.role).to.equal('primary');
  });
});

function nameOf(msgtype: number): string {
  return Object.entries(MapMessageType).find(([, type]) => type === msgtype)?.[0] ?? 'none';
}
