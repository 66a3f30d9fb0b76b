import { expect } from 'chai';
import { uniqueId } from '../../../src/base/index.js';
import { LazyReplicatedMap } from '../../../src/channel/maps/lazy-replicated-map.js';
import type { IncomingMapMessage } from '../../../src/channel/maps/map-types.js';
import { MapMessageType } from '../../../src/wire/index.js';
import { fakeMember } from '../../session/support/fake-channel.js';
import { growingTexts } from './map-values.js';

const US = fakeMember(4001, 1000, uniqueId(Buffer.alloc(16, 1)));
const TOMCAT = fakeMember(4002, 1000, uniqueId(Buffer.alloc(16, 2)));
const OTHER = fakeMember(4003, 1000, uniqueId(Buffer.alloc(16, 3)));
const KEY = 'a';
const { BACKUP, RETRIEVE_BACKUP } = MapMessageType;

/** As a Tomcat does that sends without waiting, with several threads. */
describe('a lazy map whose messages overtake each other', () => {
  let values: Map<string, string>;
  let map: LazyReplicatedMap;

  beforeEach(() => {
    values = new Map();
    map = new LazyReplicatedMap({
      local: () => US,
      values: growingTexts(values),
    });
    map.start([], 0, () => undefined);
    map.message(TOMCAT, about(MapMessageType.START, 0, { key: null }), 0);
    map.takeActions();
  });

  function about(
    msgtype: number,
    sentAt: number,
    more: Partial<IncomingMapMessage> = {},
  ): IncomingMapMessage {
    return { msgtype, key: KEY, primary: TOMCAT, valuedata: null, diff: null, nodes: [US], sentAt, ...more };
  }

  function whole(sentAt: number, value: string): void {
    map.message(TOMCAT, about(BACKUP, sentAt, { valuedata: Buffer.from(value) }), sentAt);
  }

  function change(sentAt: number, diff: string): void {
    map.message(TOMCAT, about(BACKUP, sentAt, { diff: Buffer.from(diff) }), sentAt);
  }

  /** Answers what is asked for, as the Tomcat has it then; how often it was asked. */
  function answered(sentAt: number, value: string): number {
    const calls = map.takeActions().filter((action) => action.type === 'call');
    for (const { ticket, message } of calls) {
      expect(message.msgtype).to.equal(RETRIEVE_BACKUP);
      const answer = about(RETRIEVE_BACKUP, sentAt, { valuedata: Buffer.from(value) });
      map.responded(ticket, TOMCAT, answer, sentAt);
      map.ended(ticket, { delivered: [], faulty: [] }, sentAt);
    }
    return calls.length;
  }

  function tick(now: number): void {
    map.tick([TOMCAT], now);
  }

  it('reads again what came behind a change of it, whichever is asked for first', () => {
    change(20, 'x');
    whole(10, '1');
    expect(answered(21, '1+x')).to.equal(1);
    // The answer may have been older than the value that came.
    expect(values.get(KEY)).to.equal('1');
    tick(1000);
    expect(answered(1000, '1+x')).to.equal(1);
    expect(values.get(KEY)).to.equal('1+x');
    tick(2000);
    expect(answered(2000, 'never')).to.equal(0);
  });

  it('does not take a value that is older than what is there, and reads it again', () => {
    whole(10, '1');
    change(20, 'x');
    whole(15, '0');
    expect(values.get(KEY)).to.equal('1+x');
    tick(1000);
    expect(answered(1000, '1+x+y')).to.equal(1);
    expect(values.get(KEY)).to.equal('1+x+y');
  });

  it('takes a change that is older, and reads the value again', () => {
    whole(10, '1');
    change(30, 'y');
    change(20, 'x');
    expect(values.get(KEY)).to.equal('1+y+x');
    tick(1000);
    expect(answered(1000, '1+x+y')).to.equal(1);
    expect(values.get(KEY)).to.equal('1+x+y');
  });

  it('asks for nothing while they come in their order', () => {
    whole(10, '1');
    change(20, 'x');
    change(21, 'y');
    tick(1000);
    expect([values.get(KEY), answered(1000, 'never')]).to.deep.equal(['1+x+y', 0]);
  });

  it('knows that another primary has another clock', () => {
    whole(1_000_000, '1');
    map.message(OTHER, about(MapMessageType.START, 0, { key: null, primary: OTHER }), 0);
    map.takeActions();
    map.message(OTHER, about(BACKUP, 10, { primary: OTHER, valuedata: Buffer.from('2') }), 0);
    tick(1000);
    expect([values.get(KEY), answered(1000, 'never')]).to.deep.equal(['2', 0]);
  });

  it('believes a clock that has been set back as soon as it has read the value', () => {
    whole(1_000_000, '1');
    change(10, 'x');
    tick(1000);
    expect(answered(11, '1+x')).to.equal(1);
    change(20, 'y');
    tick(2000);
    expect([values.get(KEY), answered(2000, 'never')]).to.deep.equal(['1+x+y', 0]);
  });
});
