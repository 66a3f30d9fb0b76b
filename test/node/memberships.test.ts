import { expect } from 'chai';
import { entry, loopbackAddress } from '../membership/static-kit.js';
import { rejectionOf } from '../support/errors.js';
import { eventually } from '../support/eventually.js';
import type { TribesNode } from '../../src/node/index.js';
import { TestCluster } from './cluster.js';

describe('the memberships of a node', () => {
  let cluster: TestCluster;

  beforeEach(() => {
    cluster = new TestCluster();
  });

  afterEach(() => cluster.stop());

  const portsOf = ({ channel }: TribesNode): number[] =>
    channel
      .members()
      .map(({ port }) => port)
      .sort();

  const both = async (node: TribesNode, ports: readonly number[]): Promise<void> => {
    await eventually('it knows both', () => portsOf(node).join() === [...ports].sort().join(), 10_000);
  };

  it('can be several at once: a member is found by any of them', async function () {
    this.timeout(20_000);
    const host = loopbackAddress();
    const at = (port: number) => ({ 'receiver.address': host, 'receiver.port': String(port) });
    const pings = { 'staticMembership.useThread': 'true', 'staticMembership.pingInterval': '50' };
    const listed = { 'membership.type': 'static', ...pings };
    const one = await cluster.start('one', { ...at(4001), ...listed });
    const two = await cluster.start('two', at(4002));
    const three = await cluster.start('three', {
      ...at(4003),
      ...listed,
      'membership.type': 'multicast,static',
      'staticMembership.members': [entry(host, 4001), entry(host, 4003)].join(', '),
    });
    await both(three, [4001, 4002]);
    await both(one, [4003]);
    await both(two, [4003]);
    const ids = [one, two].map(({ channel }) => channel.members()[0]?.uniqueId);
    expect(ids).to.eql([three.channel.local.uniqueId, three.channel.local.uniqueId]);
    expect(three.channel.local.uniqueId).to.equal((4003).toString(16).padStart(32, '0'));
    const metrics = await three.metrics.metrics();
    expect(metrics).to.match(/^tribes_membership_heartbeats_received_total [1-9]/m);
    await two.stop();
    await both(three, [4001]);
    await one.stop();
    await both(three, []);
  });

  it('say what is missing', async () => {
    const start = (more: Record<string, string>, environment = {}) =>
      cluster.start('a', more, { environment });
    await rejectionOf('TRIBES_E_MEMBERSHIP_KUBERNETES', start({ 'membership.type': 'kubernetes' }));
    const list = { 'membership.type': 'static', 'staticMembership.members': 'a:4000;id=1' };
    await rejectionOf('TRIBES_E_MEMBERSHIP_STATIC', start(list));
  });
});
