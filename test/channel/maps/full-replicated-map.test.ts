import { expect } from 'chai';
import { MapMessageType } from '../../../src/wire/index.js';
import { fullMap, MapNetwork, type MapNode } from './map-network.js';

const NO_MESSAGE = { valuedata: null, diff: null, nodes: [], sentAt: 0 } as const;

describe('FullReplicatedMap', () => {
  let network: MapNetwork;
  let one: MapNode;
  let two: MapNode;
  let three: MapNode;

  beforeEach(() => {
    network = new MapNetwork(fullMap);
    one = network.add(1);
    two = network.add(2);
    three = network.add(3);
    network.join(one);
    network.join(two);
    network.join(three);
  });

  function put(node: MapNode, key: string, value: string): void {
    node.values.set(key, value);
    network.do(node, (map, now) => map.put(key, now));
  }

  const all = (): MapNode[] => [one, two, three];
  const valuesOf = (node: MapNode): Record<string, string> => Object.fromEntries(node.values);

  it('knows whoever has the map', () => {
    expect(all().map(({ map }) => map.members().length)).to.deep.equal([2, 2, 2]);
    expect(all().map(({ map }) => map.state)).to.deep.equal(Array(3).fill('INITIALIZED'));
  });

  it('gives every member a copy of what is put', () => {
    put(one, 'a', '1');
    expect(all().map((node) => node.entries())).to.deep.equal([
      ['primary a=1 by 4001 [4002 4003]'],
      ['copy a=1 by 4001 [4002 4003]'],
      ['copy a=1 by 4001 [4002 4003]'],
    ]);
  });

  it('makes whoever puts an entry last its primary', () => {
    put(one, 'a', '1');
    put(three, 'a', '2');
    expect(one.entries()).to.deep.equal(['copy a=2 by 4003 [4001 4002]']);
    expect(three.entries()).to.deep.equal(['primary a=2 by 4003 [4001 4002]']);
  });

  it('ends an entry everywhere', () => {
    put(one, 'a', '1');
    network.do(two, (map, now) => expect(map.remove('a', now)).to.be.true);
    expect(all().map(valuesOf)).to.deep.equal([{}, {}, {}]);
    network.do(two, (map, now) => expect(map.remove('a', now)).to.be.false);
  });

  it('tells who waits for it when every member has an entry, and who has not', () => {
    const outcomes: string[] = [];
    one.values.set('a', '1');
    three.isUp = false;
    network.do(one, (map, now) =>
      map.put('a', now, ({ delivered, faulty }) =>
        outcomes.push(
          `${delivered.map(({ info }) => info.port).join()}/${faulty.map(({ info }) => info.port).join()}`,
        ),
      ),
    );
    expect(outcomes).to.deep.equal(['4002/4003']);
  });

  it('gives all entries to whoever joins, from whichever member it asks', () => {
    put(one, 'a', '1');
    put(two, 'b', '2');
    const four = network.add(4);
    network.join(four);
    expect(four.isJoined).to.be.true;
    expect(four.entries()).to.have.members(['copy a=1 by 4001 [4002 4003]', 'copy b=2 by 4002 [4001 4003]']);
  });

  it('takes what changes while it joins for newer than what lists say', () => {
    const four = network.add(4);
    four.isUp = true;
    four.map.start(network.others(four), 0, () => undefined);
    const { member } = one;
    const copy = { ...NO_MESSAGE, msgtype: MapMessageType.COPY, primary: member };
    four.map.message(member, { ...copy, key: 'a', valuedata: Buffer.from('new') }, 0);
    four.map.message(member, { ...NO_MESSAGE, msgtype: MapMessageType.REMOVE, key: 'b', primary: null }, 0);
    one.values.set('a', 'old');
    one.values.set('b', 'old');
    one.map.put('a', 0);
    one.map.put('b', 0);
    one.map.takeActions();
    network.do(four, () => undefined);
    expect(valuesOf(four)).to.deep.equal({ a: 'new' });
  });

  it('lets whoever read an entry last be its primary', () => {
    put(one, 'a', '1');
    const { member } = two;
    one.map.message(
      member,
      {
        ...NO_MESSAGE,
        msgtype: MapMessageType.NOTIFY_MAPMEMBER,
        key: 'a',
        primary: member,
        nodes: [one.member, three.member],
      },
      0,
    );
    expect(one.entries()).to.deep.equal(['copy a=1 by 4002 [4001 4003]']);
    expect(one.told).to.deep.equal(['accessed a by 4002']);
  });

  it('asks for the value of an entry of which it hears and which it does not have', () => {
    two.values.set('a', '1');
    two.map.put('a', 0);
    two.map.takeActions();
    one.map.message(
      two.member,
      { ...NO_MESSAGE, msgtype: MapMessageType.NOTIFY_MAPMEMBER, key: 'a', primary: two.member },
      0,
    );
    network.heartbeat();
    expect(one.entries()).to.deep.equal(['copy a=1 by 4002 []']);
  });

  it('makes the first of the nodes the primary when the primary goes', () => {
    put(one, 'a', '1');
    network.kill(one);
    expect(two.entries()).to.deep.equal(['primary a=1 by 4002 [4003]']);
    expect(three.entries()).to.deep.equal(['copy a=1 by 4002 [4003]']);
  });

  it('names a new heir when the one that was named goes', () => {
    put(one, 'a', '1');
    network.kill(two);
    expect(three.entries()).to.deep.equal(['copy a=1 by 4001 [4003]']);
    network.kill(one);
    expect(three.entries()).to.deep.equal(['primary a=1 by 4003 []']);
  });

  it('takes an entry over when primary and heir are gone together, though not at once', () => {
    put(one, 'a', '1');
    network.kill(one, two);
    expect(three.entries()).to.deep.equal(['copy a=1 by nobody [4002 4003]']);
    network.heartbeat(1_000);
    expect(three.entries()).to.deep.equal(['copy a=1 by nobody [4002 4003]']);
    network.heartbeat(5_000);
    expect(three.entries()).to.deep.equal(['primary a=1 by 4003 []']);
  });

  it('of several nodes such as this one lets the one with the lowest id take over', () => {
    const mirrors = [network.add(4, { isMirror: true }), network.add(5, { isMirror: true })];
    const [four, five] = mirrors;
    network.mirrors.add(three.member.key);
    network.join(...mirrors);
    put(one, 'a', '1');
    network.kill(one, two);
    network.heartbeat();
    network.heartbeat();
    expect(three.entries()).to.deep.equal(['primary a=1 by 4003 [4004 4005]']);
    expect([four, five].map((node) => node?.entries())).to.deep.equal([
      ['copy a=1 by 4003 [4004 4005]'],
      ['copy a=1 by 4003 [4004 4005]'],
    ]);
  });

  it('takes over what is listed without a primary that is there', () => {
    put(one, 'a', '1');
    network.kill(one, two);
    const four = network.add(4);
    network.join(four);
    network.kill(three);
    network.heartbeat();
    network.heartbeat();
    expect(four.entries()).to.deep.equal(['primary a=1 by 4004 []']);
  });

  it('gives what it has restored to those who are there, and an heir to it once somebody is', () => {
    const alone = new MapNetwork(fullMap);
    const first = alone.add(1);
    alone.join(first);
    first.values.set('a', '1');
    alone.do(first, (map, now) => map.restore('a', now));
    const second = alone.add(2);
    alone.join(second);
    expect(second.entries()).to.deep.equal(['copy a=1 by 4001 [4002]']);
    first.values.set('b', '2');
    alone.do(first, (map, now) => map.restore('b', now));
    expect(valuesOf(second)).to.deep.equal({ a: '1', b: '2' });
  });

  it('keeps one primary when two nodes have restored the same', () => {
    const split = new MapNetwork(fullMap);
    const first = split.add(1, { isMirror: true });
    const second = split.add(2, { isMirror: true });
    for (const node of [first, second]) {
      node.isUp = true;
      node.map.start([], 0, () => undefined);
      node.values.set('a', String(node.member.info.port));
      node.map.restore('a', 0);
    }
    split.heartbeat();
    expect(first.entries()).to.deep.equal(['primary a=4001 by 4001 [4002]']);
    expect(second.entries()).to.deep.equal(['copy a=4001 by 4001 [4002]']);
  });

  it('has forgotten a member that answers no ping for accessTimeout', () => {
    put(one, 'a', '1');
    one.isSilent = true;
    network.heartbeat();
    expect(two.map.members().map(({ info }) => info.port)).to.deep.equal([4003]);
    expect(two.entries()).to.deep.equal(['primary a=1 by 4002 [4003]']);
    one.isSilent = false;
    network.heartbeat();
    expect(two.map.members().map(({ info }) => info.port)).to.have.members([4001, 4003]);
  });

  it('says goodbye, and declines from then on', () => {
    put(one, 'a', '1');
    network.do(one, (map) => map.stop(network.others(one)));
    expect(two.map.members().map(({ info }) => info.port)).to.deep.equal([4003]);
    expect(two.entries()).to.deep.equal(['primary a=1 by 4002 [4003]']);
    put(two, 'b', '2');
    expect(valuesOf(one)).to.deep.equal({ a: '1' });
  });

  it('has no room for more entries than it is allowed', () => {
    for (let i = 0; i < 120; i++) {
      put(one, `k${i}`, 'x');
    }
    expect(two.map.size).to.equal(100);
  });

  it('gives up an entry whose new value it has no room for, rather than show the old one', () => {
    put(one, 'a', '1');
    two.room = 0;
    two.values.delete('a');
    put(one, 'a', '2');
    expect(two.entries()).to.deep.equal([]);
    expect(three.entries()).to.deep.equal(['copy a=2 by 4001 [4002 4003]']);
  });

  it('looks only, as a proxy: it is no member, and sees what there is', () => {
    put(one, 'a', '1');
    const proxy = network.add(4, { part: 'proxy' });
    network.join(proxy);
    network.do(proxy, (map, now) => map.poll(network.others(proxy), now));
    expect(valuesOf(proxy)).to.deep.equal({ a: '1' });
    expect(one.map.members().map(({ info }) => info.port)).to.have.members([4002, 4003]);
    network.do(one, (map, now) => void map.remove('a', now));
    network.do(proxy, (map, now) => map.poll(network.others(proxy), now));
    expect(valuesOf(proxy)).to.deep.equal({});
  });
});
