import { expect } from 'chai';
import { LazyReplicatedMap } from '../../../src/channel/maps/lazy-replicated-map.js';
import { MapMessageType } from '../../../src/wire/index.js';
import { lazyMap, MapNetwork, type MapNode } from './map-network.js';

type Node = MapNode<LazyReplicatedMap>;

describe('LazyReplicatedMap', () => {
  let network: MapNetwork<LazyReplicatedMap>;
  let one: Node;
  let two: Node;
  let three: Node;

  beforeEach(() => {
    network = new MapNetwork(lazyMap);
    [one, two, three] = [network.add(1), network.add(2), network.add(3)];
    [one, two, three].forEach((node) => network.join(node));
    network.heartbeat();
  });

  const all = (): Node[] => [one, two, three];

  function put(node: Node, key: string, value: string): void {
    node.values.set(key, value);
    network.do(node, (map, now) => map.put(key, now));
  }

  function change(node: Node, key: string, diff: string): void {
    node.values.set(key, `${node.values.get(key)}${diff}`);
    network.do(node, (map, now) => map.changed(key, Buffer.from(diff), now));
  }

  function takeOver(node: Node, key: string): boolean | undefined {
    let isPrimary: boolean | undefined;
    network.do(node, (map, now) => map.takeOver(key, now, (is) => (isPrimary = is)));
    return isPrimary;
  }

  function look(node: Node, key: string): boolean | undefined {
    let isThere: boolean | undefined;
    network.do(node, (map, now) => map.look(key, now, (is) => (isThere = is)));
    return isThere;
  }

  function tick(afterMs = 1000): void {
    network.now += afterMs;
    for (const node of network.nodes.filter(({ isUp }) => isUp)) {
      network.do(node, (map, now) => map.tick(network.others(node), now));
    }
  }

  describe('an entry', () => {
    it('has its value at the primary and one backup, and all others know who has it', () => {
      put(one, 'a', '1');
      expect(all().map((node) => node.entries())).to.deep.equal([
        ['primary a=1 by 4001 [4002]'],
        ['backup a=1 by 4001 [4002]'],
        ['proxy a=nothing by 4001 [4002]'],
      ]);
    });

    it('gets its backup from each member in turn', () => {
      put(one, 'a', '1');
      put(one, 'b', '2');
      put(one, 'c', '3');
      expect(one.entries()).to.deep.equal([
        'primary a=1 by 4001 [4002]',
        'primary b=2 by 4001 [4003]',
        'primary c=3 by 4001 [4002]',
      ]);
    });

    it('changes at its backup by the change alone', () => {
      put(one, 'a', '1');
      network.messages.length = 0;
      change(one, 'a', '+2');
      expect(two.values.get('a')).to.equal('1+2');
      expect(network.messages).to.deep.equal([`${MapMessageType.BACKUP} 4001>4002 a`]);
    });

    it('that is elsewhere is known while there are not too many of them', () => {
      const refused: string[] = [];
      const small = new MapNetwork<LazyReplicatedMap>(({ isMirror, ...parts }) =>
        parts.local().info.port === 4003
          ? new LazyReplicatedMap({ ...parts, maxProxies: 1, refused: (key) => refused.push(key) })
          : lazyMap({ isMirror, ...parts }),
      );
      const [first, second, third] = [small.add(1), small.add(2), small.add(3)];
      [first, second, third].forEach((node) => small.join(node));
      small.kill(second);
      small.heartbeat();
      const list = (key: string) => ({
        msgtype: MapMessageType.PROXY,
        key,
        valuedata: null,
        diff: null,
        primary: first.member,
        nodes: [],
        sentAt: 0,
      });
      ['a', 'b', 'a', 'c'].forEach((key) =>
        small.do(third, (map, now) => map.message(first.member, list(key), now)),
      );
      expect(third.entries()).to.deep.equal(['proxy a=nothing by 4001 []']);
      expect(refused).to.deep.equal(['b', 'c']);
      first.values.set('b', '1');
      small.do(first, (map, now) => map.put('b', now));
      expect(third.map.counts).to.include({ proxy: 1, backup: 1 });
    });

    it('ends everywhere', () => {
      put(one, 'a', '1');
      network.do(three, (map) => map.remove('a'));
      expect(all().map((node) => node.entries())).to.deep.equal([[], [], []]);
      expect([one.told, two.told]).to.deep.equal([['removed a'], ['removed a']]);
    });

    it('is published whole where there is no backup yet, once there is one', () => {
      const alone = new MapNetwork(lazyMap);
      const [first, second] = [alone.add(1), alone.add(2)];
      alone.join(first);
      first.values.set('a', '1');
      alone.do(first, (map, now) => map.put('a', now));
      expect(first.entries()).to.deep.equal(['primary a=1 by 4001 []']);
      alone.join(second);
      expect(second.entries()).to.deep.equal(['backup a=1 by 4001 [4002]']);
    });

    it('is given to a node such as this one only where there is nobody else', () => {
      const mirror = network.add(4, { isMirror: true });
      network.join(mirror);
      ['a', 'b', 'c', 'd'].forEach((key) => put(one, key, '1'));
      expect(mirror.map.counts).to.include({ backup: 0, proxy: 4 });
      network.kill(two, three);
      expect(mirror.map.counts).to.include({ backup: 4, proxy: 0 });
    });
  });

  describe('when a member goes', () => {
    it('its backup becomes the primary, and finds another', () => {
      put(one, 'a', '1');
      network.kill(one);
      expect(two.entries()).to.deep.equal(['primary a=1 by 4002 [4003]']);
      expect(three.entries()).to.deep.equal(['backup a=1 by 4002 [4003]']);
    });

    it('the primary of which it was the backup finds another', () => {
      put(one, 'a', '1');
      network.kill(two);
      expect(one.entries()).to.deep.equal(['primary a=1 by 4001 [4003]']);
      expect(three.entries()).to.deep.equal(['backup a=1 by 4001 [4003]']);
    });

    it('gives up what nobody has who is left', () => {
      put(one, 'a', '1');
      network.kill(one, two);
      expect(three.entries()).to.deep.equal([]);
    });

    it('takes its goodbye for its going', () => {
      put(one, 'a', '1');
      network.do(one, (map) => map.stop(network.others(one)));
      expect(two.entries()).to.deep.equal(['primary a=1 by 4002 [4003]']);
    });

    it('leaves an entry without a primary to whoever has a copy, when the heir does not take it', () => {
      put(one, 'a', '1');
      three.values.set('a', '1');
      const remove = { msgtype: MapMessageType.REMOVE, key: 'a', valuedata: null, diff: null, sentAt: 0 };
      network.do(two, (map, now) => map.message(one.member, { ...remove, primary: null, nodes: [] }, now));
      network.kill(one);
      expect(three.entries()).to.deep.equal(['proxy a=1 by nobody [4002]']);
      network.heartbeat();
      expect(three.entries()).to.deep.equal(['proxy a=1 by nobody [4002]']);
      for (let i = 0; i < 4; i++) {
        network.heartbeat(5_000);
      }
      expect(three.entries()).to.deep.equal(['primary a=1 by 4003 [4002]']);
    });
  });

  describe('taken over', () => {
    it('from elsewhere has the same backup, and whoever had it has a proxy', () => {
      put(one, 'a', '1');
      expect(takeOver(three, 'a')).to.be.true;
      expect(all().map((node) => node.entries())).to.deep.equal([
        ['proxy a=1 by 4003 [4002]'],
        ['backup a=1 by 4003 [4002]'],
        ['primary a=1 by 4003 [4002]'],
      ]);
    });

    it('by its backup finds another', () => {
      put(one, 'a', '1');
      expect(takeOver(two, 'a')).to.be.true;
      expect(two.entries()).to.deep.equal(['primary a=1 by 4002 [4001]']);
      expect(one.entries()).to.deep.equal(['backup a=1 by 4002 [4001]']);
    });

    it('is not, where nobody has its value or nobody knows it', () => {
      put(one, 'a', '1');
      two.values.delete('a');
      expect(takeOver(three, 'a')).to.be.false;
      expect(three.entries()).to.deep.equal(['proxy a=nothing by 4001 [4002]']);
      expect(takeOver(three, 'b')).to.be.false;
    });

    it('has one primary in the end, where two do so at the same time', () => {
      const mirrors = [network.add(4, { isMirror: true }), network.add(5, { isMirror: true })] as const;
      mirrors.forEach((node) => network.join(node));
      put(one, 'a', '1');
      const [four, five] = mirrors;
      const primaries: boolean[] = [];
      four.map.takeOver('a', network.now, (is) => primaries.push(is));
      five.map.takeOver('a', network.now, (is) => primaries.push(is));
      network.do(four, () => undefined);
      network.do(five, () => undefined);
      expect(primaries).to.deep.equal([true, true]);
      for (let i = 0; i < 30; i++) {
        tick();
      }
      expect(network.nodes.filter(({ map }) => map.counts.primary === 1)).to.have.length(1);
    });
  });

  describe('looked at', () => {
    it('stays what it is for everybody', () => {
      put(one, 'a', '1');
      expect(look(three, 'a')).to.be.true;
      expect(three.values.get('a')).to.equal('1');
      expect(three.entries()).to.deep.equal(['proxy a=1 by 4001 [4002]']);
      expect([one.told, two.told]).to.deep.equal([[], []]);
    });

    it('is what comes meanwhile, and not the older value that was asked for', () => {
      put(one, 'a', '1');
      three.map.look('a', network.now, () => undefined);
      const backup = {
        msgtype: MapMessageType.BACKUP,
        key: 'a',
        valuedata: Buffer.from('2'),
        diff: null,
        primary: one.member,
        nodes: [three.member],
        sentAt: 0,
      };
      network.do(three, (map, now) => map.message(one.member, backup, now));
      expect(three.values.get('a')).to.equal('2');
    });
  });

  describe('a backup', () => {
    const diff = { msgtype: MapMessageType.BACKUP, key: 'a', valuedata: null, sentAt: 0 } as const;

    it('of which only a change comes gets the value from its primary', () => {
      put(one, 'a', '1');
      change(one, 'a', '+2');
      const message = { ...diff, diff: Buffer.from('+2'), primary: one.member, nodes: [three.member] };
      network.do(three, (map, now) => map.message(one.member, message, now));
      expect(three.entries()).to.deep.equal(['backup a=1+2 by 4001 [4003]']);
    });

    it('that has been moved to us is looked at once more: what changed meanwhile may have gone to the one before', () => {
      put(one, 'a', '1');
      const moved = { ...diff, valuedata: Buffer.from('1'), diff: null, primary: one.member };
      network.do(three, (map, now) => map.message(one.member, { ...moved, nodes: [three.member] }, now));
      one.values.set('a', '1+2');
      tick();
      expect(three.values.get('a')).to.equal('1+2');
    });
  });

  describe('joining', () => {
    it('knows every entry', () => {
      put(one, 'a', '1');
      put(two, 'b', '2');
      const four = network.add(4);
      network.join(four);
      expect(four.isJoined).to.be.true;
      expect(four.entries()).to.deep.equal([
        'proxy a=nothing by 4001 [4002]',
        'proxy b=nothing by 4002 [4001]',
      ]);
    });

    it('waits for nobody who waits for it', () => {
      const [four, five] = [network.add(4), network.add(5)];
      network.join(four, five);
      expect([four.isJoined, five.isJoined]).to.deep.equal([true, true]);
      expect(four.map.members()).to.have.length(4);
    });

    it('answers who asks for its entries when it has joined, or after ten seconds as one who has no map', () => {
      const answers: unknown[] = [];
      const four = network.add(4);
      four.isUp = true;
      const ask = { msgtype: MapMessageType.STATE, key: null, valuedata: null, diff: null, sentAt: 0 };
      const call = { reply: (answer: unknown) => answers.push(answer) };
      four.map.start([one.member], network.now, () => undefined);
      network.messages.length = 0;
      four.map.request(two.member, { ...ask, primary: null, nodes: [] }, call, network.now);
      four.map.heartbeat([], network.now + 9_000);
      expect(answers).to.deep.equal([]);
      four.map.heartbeat([], network.now + 10_000);
      network.do(four, () => undefined);
      expect(answers).to.deep.equal(['decline']);
    });

    it('gives back what it had in the run before, and what nobody tells of', () => {
      const four = network.add(4);
      network.join(four);
      network.heartbeat();
      four.values.set('a', '1');
      four.values.set('b', '2');
      network.do(four, (map, now) => {
        map.restore({ key: 'a', outcome: 'primary' }, now);
        map.restore({ key: 'b', outcome: 'ended' }, now);
      });
      expect(four.entries()).to.deep.equal(['primary a=1 by 4004 [4001]']);
      expect(four.told).to.deep.equal(['removed b']);
      expect(one.entries()).to.deep.equal(['backup a=1 by 4004 [4001]']);
    });
  });

  describe('with the part proxy', () => {
    it('is no member for the others, and knows their entries when it has asked', () => {
      const four = network.add(4, { part: 'proxy' });
      network.join(four);
      put(one, 'a', '1');
      network.heartbeat();
      expect(one.map.members()).to.have.length(2);
      network.do(four, (map, now) => map.poll(network.others(four), now));
      expect(four.entries()).to.deep.equal(['proxy a=nothing by 4001 [4002]']);
      network.do(one, (map) => map.remove('a'));
      network.do(four, (map, now) => map.poll(network.others(four), now));
      expect(four.entries()).to.deep.equal([]);
    });
  });

  describe('in a partition', () => {
    /** Of two values the longer one is the newer. */
    const withTimes = new MapNetwork<LazyReplicatedMap>(({ values, ...parts }) => {
      const isNewer = (_: string, valuedata: Buffer): boolean => {
        const own = withTimes.nodes.find(({ member }) => member === parts.local())?.values.get('a') ?? '';
        return valuedata.length > own.length;
      };
      return lazyMap({ ...parts, values: { ...values, isNewer } });
    });

    it('whoever inherits takes what the primary has told another backup meanwhile, and does not overwrite it', () => {
      [one, two, three] = [withTimes.add(1), withTimes.add(2), withTimes.add(3)];
      all().forEach((node) => withTimes.join(node));
      withTimes.heartbeat();
      network = withTimes;
      put(one, 'a', '1');
      network.do(one, (map, now) => map.memberGone(two.member, now));
      change(one, 'a', '+2');
      expect(three.entries()).to.deep.equal(['backup a=1+2 by 4001 [4003]']);
      network.do(two, (map, now) => map.memberGone(one.member, now));
      expect(two.entries()).to.deep.equal(['primary a=1+2 by 4002 [4003]']);
      expect(three.values.get('a')).to.equal('1+2');
      three.values.set('a', '1+2+3');
      one.isUp = false;
      tick(3_000);
      expect([two, three].map(({ values }) => values.get('a'))).to.deep.equal(['1+2+3', '1+2+3']);
    });

    it('whoever has changed an entry gives its backup that value, whatever it has', () => {
      put(one, 'a', '1');
      change(one, 'a', '+2');
      two.values.set('a', 'a value of another');
      tick(3_000);
      expect(two.values.get('a')).to.equal('1+2');
    });
  });

  describe('an entry whose backup has gone without its primary noticing', () => {
    let mirror: Node;

    beforeEach(() => {
      mirror = network.add(4, { isMirror: true });
      network.join(mirror);
      network.heartbeat();
      put(one, 'a', '1');
      two.isUp = false;
      const nothing = { key: null, valuedata: null, diff: null, nodes: [], sentAt: 0 };
      const stop = { msgtype: MapMessageType.STOP, primary: two.member, ...nothing };
      [three, mirror].forEach((node) => network.do(node, (map, now) => map.message(two.member, stop, now)));
      one.values.set('a', '1+2');
      for (let i = 0; i < 3; i++) {
        network.now += 1000;
        network.do(mirror, (map, now) => map.tick(network.others(mirror), now));
      }
    });

    it('gets a mirror as its backup, which has what is sent to it from then on', () => {
      expect([one, three, mirror].map((node) => node.entries())).to.deep.equal([
        ['primary a=1+2 by 4001 [4004]'],
        ['proxy a=nothing by 4001 [4004]'],
        ['backup a=1+2 by 4001 [4004]'],
      ]);
      change(one, 'a', '+3');
      network.kill(one);
      expect(mirror.entries()).to.deep.equal(['primary a=1+2+3 by 4004 [4003]']);
    });

    it('is where others find it that take it over', () => {
      expect(takeOver(three, 'a')).to.equal(true);
      expect([one, three, mirror].map((node) => node.entries())).to.deep.equal([
        ['proxy a=1+2 by 4003 [4004]'],
        ['primary a=1+2 by 4003 [4004]'],
        ['backup a=1+2 by 4003 [4004]'],
      ]);
    });
  });

  describe('after a partition', () => {
    it('entries of both sides have one primary in the end', () => {
      put(one, 'a', '1');
      // one and two lose each other; three sees both.
      network.do(one, (map, now) => map.memberGone(two.member, now));
      network.do(two, (map, now) => map.memberGone(one.member, now));
      expect([one.map.counts.primary, two.map.counts.primary]).to.deep.equal([1, 1]);
      network.heartbeat();
      for (let i = 0; i < 30; i++) {
        tick();
      }
      expect(all().filter(({ map }) => map.counts.primary === 1)).to.have.length(1);
      const values = all().flatMap(({ map, values: own }) =>
        map.entry('a')?.role === 'proxy' ? [] : [own.get('a')],
      );
      expect(values).to.deep.equal(['1', '1']);
    });
  });
});
