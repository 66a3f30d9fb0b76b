import { expect } from 'chai';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { parseStaticMember, silentLogger, systemClock } from '../../src/base/index.js';
import { StartLevel, StaticMembershipService } from '../../src/membership/index.js';
import { thrownBy } from '../support/errors.js';
import { eventually } from '../support/eventually.js';
import { recordingLogger } from '../support/recording-logger.js';
import { describeMembershipService } from './membership-service-suite.js';
import { entry, idOf, loopbackAddress, StaticNode } from './static-kit.js';

const QUICK = {
  useThread: true,
  pingInterval: 30,
  expirationTime: 300,
  rpcTimeout: 200,
  connectTimeout: 200,
};

describeMembershipService('StaticMembershipService', () => {
  const host = loopbackAddress();
  const members = [4001, 4002, 4003, 4004].map((port) => entry(host, port));
  const node = (port: number): StaticNode => new StaticNode(host, port, { ...QUICK, members });
  return {
    host,
    node,
    listener: () =>
      new StaticMembershipService({
        clock: systemClock,
        logger: silentLogger,
        settings: { ...QUICK, members: members.map(parseStaticMember) },
      }),
    ghost: (port) => {
      const ghost = node(port);
      return { start: () => ghost.start(StartLevel.DEFAULT), kill: () => ghost.kill() };
    },
  };
});

describe('StaticMembershipService', () => {
  let host: string;
  let nodes: StaticNode[];

  beforeEach(() => {
    host = loopbackAddress();
    nodes = [];
  });

  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.stop(StartLevel.DEFAULT)));
  });

  async function started(
    port: number,
    members: string[],
    settings = {},
    logger = silentLogger,
  ): Promise<StaticNode> {
    const node = new StaticNode(host, port, { ...QUICK, ...settings, members }, logger);
    nodes.push(node);
    await node.start(StartLevel.DEFAULT);
    return node;
  }

  it('has the id and the domain of its own entry', async () => {
    const { local } = await started(4001, [`${entry(host, 4001)};domain=staging`]);
    expect(local.uniqueId).to.equal(idOf(4001));
    expect(local.info.domain.toString()).to.equal('staging');
  });

  it('knows those that started before it as soon as it has started', async () => {
    const a = await started(4001, [entry(host, 4001)]);
    const b = await started(4002, [entry(host, 4001)], { pingInterval: 60_000 });
    expect(b.members().map(({ uniqueId }) => uniqueId)).to.eql([a.local.uniqueId]);
  });

  it('is taken in by those that do not have it in their lists, under an id of its own, and stays', async () => {
    const a = await started(4001, []);
    const b = await started(4002, [`${host}:4001`]);
    const events: string[] = [];
    a.setListener({
      memberAdded: () => events.push('added'),
      memberDisappeared: () => events.push('disappeared'),
    });
    await eventually('a knows b', () => a.member(b.local.key) !== undefined);
    const { heartbeatsReceived } = a.statistics;
    await eventually(
      'it is asked again and again',
      () => a.statistics.heartbeatsReceived > heartbeatsReceived + 15,
    );
    expect(events).to.eql([]);
    expect(b.members().map(({ key }) => key)).to.eql([a.local.key]);
  });

  it('does not mix with a membership of another channel, and says so', async () => {
    const { logger, lines } = recordingLogger();
    const a = await started(4001, [], {}, logger);
    const b = await started(4002, [entry(host, 4001)], { channelName: 'Other-Channel' });
    expect([a.members(), b.members()]).to.eql([[], []]);
    expect(lines('warn').map(({ fields }) => fields)).to.eql([
      { member: b.local.name, channelName: 'Other-Channel', ours: 'Catalina-Channel' },
    ]);
  });

  it('looks names up, each time anew', async () => {
    const a = await started(4001, []);
    let address = '';
    const { logger, lines } = recordingLogger();
    const service = new StaticMembershipService({
      clock: systemClock,
      logger,
      settings: { ...QUICK, members: [parseStaticMember('tomcat-0.tomcats:4001')] },
      lookup: (name) =>
        address === '' ? Promise.reject(new Error(`no ${name}`)) : Promise.resolve([address]),
    });
    await service.start(StartLevel.MBR_RX);
    expect(service.members()).to.eql([]);
    expect(lines('warn')[0]?.fields).to.include({ name: 'tomcat-0.tomcats', error: 'no tomcat-0.tomcats' });
    address = host;
    await eventually('it is found', () => service.members()[0]?.port === a.local.port);
    await service.stop(StartLevel.DEFAULT);
  });

  it('is not held up by somebody who takes connections and says nothing', async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined).resume());
    mute.listen(4003, host);
    await once(mute, 'listening');
    const a = await started(4001, []);
    const b = await started(4002, [entry(host, 4003), entry(host, 4001)]);
    expect(b.members().map(({ key }) => key)).to.eql([a.local.key]);
    await new Promise((resolve) => {
      mute.close(resolve);
      void b.stop(StartLevel.DEFAULT);
    });
  });

  it('has an address that others can connect to', () => {
    const node = new StaticNode(host, 4001, { ...QUICK, members: [entry(host, 4009)] });
    thrownBy('TRIBES_E_MEMBERSHIP_UNANNOUNCED', () =>
      node.setLocalMemberProperties({ host: '0.0.0.0', port: 4001 }),
    );
  });
});
