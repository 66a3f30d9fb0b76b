import { expect } from 'chai';
import { uniqueId } from '../../../src/base/index.js';
import { LazyReplicatedMap } from '../../../src/channel/maps/lazy-replicated-map.js';
import type { IncomingMapMessage, MapAction } from '../../../src/channel/maps/map-types.js';
import { MapMessageType } from '../../../src/wire/index.js';
import { fakeMember } from '../../session/support/fake-channel.js';
import { anyValue } from './map-values.js';

const US = fakeMember(4001, 1000, uniqueId(Buffer.alloc(16, 1)));
const TOMCAT = fakeMember(4002, 1000, uniqueId(Buffer.alloc(16, 2)));

/** As a Tomcat says it of itself, or asks it. */
function said(msgtype: number): IncomingMapMessage {
  return { msgtype, key: null, primary: TOMCAT, valuedata: null, diff: null, nodes: [], sentAt: 0 };
}

describe('a lazy map that is asked for its entries while it asks the asker for its own', () => {
  let askers: string[];
  let map: LazyReplicatedMap;

  beforeEach(() => {
    askers = [];
    map = new LazyReplicatedMap({
      local: () => US,
      values: anyValue,
      askedEarly: ({ name }) => {
        askers.push(name);
        map.restore({ key: 'a', outcome: 'primary' }, 0);
      },
    });
  });

  /** Answers what was asked last. */
  function answered(): void {
    for (const action of map.takeActions()) {
      if (action.type === 'call') {
        map.responded(action.ticket, TOMCAT, said(action.message.msgtype), 0);
        map.ended(action.ticket, { delivered: [TOMCAT], faulty: [] }, 0);
      }
    }
  }

  function repliesToState(): MapAction[] {
    map.request(TOMCAT, said(MapMessageType.STATE), {}, 0);
    return map.takeActions().filter(({ type }) => type === 'reply');
  }

  it('answers with those that are given back then: a Tomcat asks once', () => {
    map.start([TOMCAT], 0, () => undefined);
    answered(); // INIT
    answered(); // START
    expect(map.state).to.equal('STATETRANSFERRED');
    const [reply] = repliesToState();
    const content = reply?.type === 'reply' && typeof reply.message === 'object' && reply.message?.content;
    expect(content).to.deep.include({ kind: 'entries' });
    expect(content && content.kind === 'entries' && content.entries.map(({ key }) => key)).to.deep.equal([
      'a',
    ]);
    expect(askers).to.deep.equal([TOMCAT.name]);
  });

  it('does no such thing when it has joined', () => {
    map.start([], 0, () => undefined);
    expect(map.state).to.equal('INITIALIZED');
    expect(repliesToState()).to.have.length(1);
    expect(askers).to.deep.equal([]);
  });
});
