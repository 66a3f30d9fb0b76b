import { expect } from 'chai';
import { LazyReplicatedMap } from '../../../src/channel/maps/lazy-replicated-map.js';
import type { IncomingMapMessage, MapAction } from '../../../src/channel/maps/map-types.js';
import { MapMessageType } from '../../../src/wire/index.js';
import { fakeMember } from '../../session/support/fake-channel.js';
import { anyValue } from './map-values.js';

const KEY = 'k';
const NO_MESSAGE = { key: null, valuedata: null, diff: null, primary: null, nodes: [], sentAt: 0 } as const;

describe('LazyReplicatedMap, when a member comes back from another part of the network', () => {
  const local = fakeMember(4001);
  const other = fakeMember(4002);
  const third = fakeMember(4003);
  let map: LazyReplicatedMap;

  beforeEach(() => {
    map = new LazyReplicatedMap({
      local: () => local,
      values: anyValue,
    });
    map.start([], 0, () => undefined);
    map.put(KEY, 0);
    expect(map.entry(KEY)).to.include({ role: 'primary' });
    map.takeActions();
  });

  /** The other one answers everything that it is asked; `listed` when it is asked for its entries. */
  function meet(listed: readonly IncomingMapMessage[]): number[] {
    map.message(other, { ...NO_MESSAGE, msgtype: MapMessageType.START, primary: other }, 1);
    const done: number[] = [];
    for (let actions = map.takeActions(); actions.length > 0; actions = map.takeActions()) {
      for (const action of actions) {
        answer(action, listed);
        done.push(action.type === 'reply' ? NaN : action.message.msgtype);
      }
    }
    return done;
  }

  function answer(action: MapAction, entries: readonly IncomingMapMessage[]): void {
    if (action.type === 'reply') {
      return;
    }
    const { ticket, to, message } = action;
    if (action.type === 'call') {
      map.responded(ticket, other, { ...NO_MESSAGE, msgtype: message.msgtype, primary: other, entries }, 1);
    }
    map.ended(ticket, { delivered: to, faulty: [] }, 1);
  }

  it('cedes to it what it has taken over, and does not overwrite the backup that it has there', () => {
    const taken = { ...NO_MESSAGE, msgtype: MapMessageType.PROXY, key: KEY, primary: other, nodes: [third] };
    expect(meet([taken])).to.deep.equal([MapMessageType.START, MapMessageType.STATE]);
    expect(map.entry(KEY)).to.deep.include({ role: 'proxy', primary: other, nodes: [third] });
  });

  it('gives it a backup of what it does not have, once it has told what it has', () => {
    expect(meet([])).to.deep.equal([MapMessageType.START, MapMessageType.STATE, MapMessageType.BACKUP]);
    expect(map.entry(KEY)).to.deep.include({ role: 'primary', nodes: [other] });
  });
});
