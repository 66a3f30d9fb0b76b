import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { expect } from 'chai';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { McastService, StartLevel } from '../../src/membership/index.js';
import { decodeMemberPackage } from '../../src/wire/index.js';
import { eventually } from '../support/eventually.js';
import { CliProcess, cli } from './cli-process.js';

describe('tribes members', function () {
  this.timeout(30_000);
  let group: { address: string; port: number; bind: string; frequency: number; dropTime: number };
  let flags: string[];
  const services: McastService[] = [];

  beforeEach(() => {
    group = {
      address: `239.255.${randomInt(1, 255)}.${randomInt(1, 255)}`,
      port: randomInt(20_000, 32_000),
      bind: '127.0.0.1',
      frequency: 50,
      dropTime: 1_000,
    };
    flags = Object.entries(group).flatMap(([name, value]) => [`--membership.${name}`, String(value)]);
  });
  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.stop(StartLevel.DEFAULT)));
  });

  async function join(port: number, domain = ''): Promise<McastService> {
    const service = new McastService({
      clock: systemClock,
      logger: silentLogger,
      settings: { ...group, domain },
    });
    service.setLocalMemberProperties({ host: '127.0.0.1', port });
    services.push(service);
    await service.start(StartLevel.MBR_RX | StartLevel.MBR_TX);
    return service;
  }

  it('lists who announces itself', async () => {
    const member = await join(4001, 'blue\u001b[2J');
    const { code, stdout, stderr } = await cli(['members', ...flags]);
    expect([code, stderr]).to.deep.equal([0, '']);
    const [head, row] = stdout.split('\n');
    expect(head).to.match(/^NAME +DOMAIN +ALIVE +UNIQUE ID$/);
    expect(row).to.match(/^tcp:\/\/127\.0\.0\.1:4001 +blue\\u001b\[2J +0 s +[0-9a-f]{32}$/);
    expect(row).to.include(member.local.uniqueId);
  });

  it('listens long enough to hear everybody, however short the drop time', async () => {
    const member = await join(4005);
    const { stdout } = await cli([
      'members',
      ...flags,
      '--membership.frequency',
      '10',
      '--membership.dropTime',
      '20',
    ]);
    expect(stdout).to.include(member.local.uniqueId);
  });

  it('lists them as JSON', async () => {
    const member = await join(4002);
    const { stdout } = await cli(['members', '--json', ...flags]);
    expect(JSON.parse(stdout)).to.deep.equal([
      {
        name: 'tcp://127.0.0.1:4002',
        host: '127.0.0.1',
        port: 4002,
        securePort: -1,
        udpPort: -1,
        uniqueId: member.local.uniqueId,
        domain: '',
        aliveMs: 0,
        mirror: false,
        state: 'member',
      },
    ]);
  });

  it('says what to check when nobody is heard', async () => {
    const { code, stdout, stderr } = await cli(['members', '--json', ...flags]);
    expect([code, stdout]).to.deep.equal([0, '[]\n']);
    expect(stderr).to.match(
      /^tribes: nobody is heard in the group 239\.255\.\d+\.\d+:\d+ on 127\.0\.0\.1: check that [^\n]+\n$/,
    );
  });

  it('--watch tells who comes and goes, until interrupted', async () => {
    const watch = new CliProcess(['members', '--watch', '--json', ...flags]);
    await eventually('it listens', () => watch.stderr.includes('nobody is heard'), 10_000);
    const member = await join(4003);
    await watch.says(/memberAdded/);
    await member.stop(StartLevel.DEFAULT);
    await watch.says(/memberDisappeared/);
    watch.signal('SIGINT');
    const { code, stdout } = await watch.ended();
    expect(code).to.equal(0);
    const [added, gone] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(added).to.include({ type: 'memberAdded' }).and.have.nested.property('member.port', 4003);
    expect(gone).to.include({ type: 'memberDisappeared', reason: 'shutdown' });
  });

  it('never sends anything', async () => {
    const datagrams: Buffer[] = [];
    const socket: Socket = createSocket({ type: 'udp4', reuseAddr: true });
    socket.on('message', (datagram) => datagrams.push(datagram));
    const listening = once(socket, 'listening');
    socket.bind({ address: group.address, port: group.port, exclusive: true });
    await listening;
    socket.addMembership(group.address, '127.0.0.1');
    try {
      const watch = new CliProcess(['members', '--watch', ...flags]);
      await join(4004);
      await watch.says(/memberAdded tcp:\/\/127\.0\.0\.1:4004/);
      watch.signal('SIGTERM');
      expect((await watch.ended()).code).to.equal(0);
      const ports = new Set(datagrams.map((datagram) => decodeMemberPackage(datagram).port));
      expect([...ports]).to.deep.equal([4004]);
    } finally {
      socket.close();
    }
  });

  it('refuses an interface that is not there, with exit code 2', async () => {
    const { code, stdout, stderr } = await cli(['members', ...flags, '--membership.bind', '192.0.2.1']);
    expect([code, stdout]).to.deep.equal([2, '']);
    expect(stderr).to.match(/^tribes: TRIBES_E_MEMBERSHIP_BIND: membership\.bind 192\.0\.2\.1 [^\n]*\n$/);
  });
});
