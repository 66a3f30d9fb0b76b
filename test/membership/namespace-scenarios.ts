/** Run by mcast-service-namespace.test.ts in a network namespace of its own: what loopback cannot show. */
import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { silentLogger, systemClock, type Logger } from '../../src/base/index.js';
import { McastService, StartLevel, type McastSettings } from '../../src/membership/index.js';
import { eventually } from '../support/eventually.js';
import { rejectionOf } from '../support/errors.js';
import { recordingLogger } from '../support/recording-logger.js';

const IPV4 = '10.99.0.1';
const IPV6 = 'fd00:99::1';

const ip = (command: string): void => void execFileSync('ip', command.split(' '));

async function addInterface(): Promise<void> {
  ip('link add ve0 type veth peer name ve1');
  ip(`addr add ${IPV4}/24 dev ve0`);
  ip(`-6 addr add ${IPV6}/64 dev ve0 nodad`);
  ip('link set ve0 up');
  ip('link set ve1 up');
  await eventually('the interface is running', () => networkInterfaces()['ve0'] !== undefined);
}

function node(port: number, settings: Partial<McastSettings>, logger: Logger = silentLogger): McastService {
  const service = new McastService({
    clock: systemClock,
    logger,
    settings: {
      bind: IPV4,
      frequency: 20,
      dropTime: 500,
      recoveryCounter: 3,
      recoverySleepTime: 50,
      ...settings,
    },
  });
  service.setLocalMemberProperties({ host: settings.bind ?? IPV4, port });
  return service;
}

const ports = (service: McastService): number[] => service.members().map(({ port }) => port);

const scenarios: Readonly<Record<string, () => Promise<void>>> = {
  async loopback() {
    await addInterface();
    const mute = node(4001, { localLoopbackDisabled: true });
    const loud = node(4002, {});
    await Promise.all([mute.start(StartLevel.DEFAULT), loud.start(StartLevel.DEFAULT)]);
    await eventually('the loud one is heard', () => ports(mute).length > 0);
    expect(ports(mute)).to.eql([4002]);
    expect(mute.statistics.heartbeatsSent).to.be.greaterThan(0);
    expect(ports(loud)).to.eql([]);
    await Promise.all([mute.stop(StartLevel.DEFAULT), loud.stop(StartLevel.DEFAULT)]);
  },

  async recovery() {
    await addInterface();
    const { logger, lines } = recordingLogger();
    const a = node(4001, {}, logger);
    await a.start(StartLevel.DEFAULT);
    ip('link del ve0');
    await eventually('three errors', () => a.statistics.sendErrors >= 3);
    await eventually('a failed attempt', () => lines('warn').some(({ message }) => message.includes('yet')));
    await addInterface();
    const b = node(4002, {});
    await b.start(StartLevel.DEFAULT);
    await eventually('they see each other', () => ports(a).length === 1 && ports(b).length === 1);
    expect(lines('info').map(({ message }) => message)).to.eql(['the multicast socket works again']);
    await Promise.all([a.stop(StartLevel.DEFAULT), b.stop(StartLevel.DEFAULT)]);
  },

  async 'no-recovery'() {
    await addInterface();
    const { logger, lines } = recordingLogger();
    const a = node(4001, { recoveryEnabled: false }, logger);
    await a.start(StartLevel.DEFAULT);
    ip('link del ve0');
    await eventually('many errors', () => a.statistics.sendErrors >= 10);
    expect(lines('warn').map(({ message }) => message)).to.eql(['multicast send failed']);
    await a.stop(StartLevel.DEFAULT);
  },

  async 'stop-in-recovery'() {
    await addInterface();
    const { logger, lines } = recordingLogger();
    const a = node(4001, { recoverySleepTime: 3_600_000 }, logger);
    await a.start(StartLevel.DEFAULT);
    ip('link del ve0');
    await eventually('a failed attempt', () => lines('warn').some(({ message }) => message.includes('yet')));
    await a.stop(StartLevel.DEFAULT);
  },

  async ipv6() {
    await addInterface();
    const settings = { address: 'ff15::4242', bind: IPV6 };
    const [a, b] = [node(4001, settings), node(4002, settings)];
    await Promise.all([a.start(StartLevel.DEFAULT), b.start(StartLevel.DEFAULT)]);
    await eventually('they see each other', () => ports(a).length === 1 && ports(b).length === 1);
    expect(a.members()[0]?.name).to.equal(`tcp://[${IPV6}]:4002`);
    await Promise.all([a.stop(StartLevel.DEFAULT), b.stop(StartLevel.DEFAULT)]);
  },

  async 'no-multicast'() {
    const service = new McastService({ clock: systemClock, logger: silentLogger });
    const error = await rejectionOf('TRIBES_E_MEMBERSHIP_ADDRESS', service.start(StartLevel.MBR_RX));
    expect(error.message).to.contain('the default interface');
  },

  async 'cannot-send'() {
    await addInterface();
    const service = node(4001, { address: '239.99.0.1' });
    await service.start(StartLevel.MBR_RX);
    ip('link set ve0 down');
    const error = await rejectionOf('TRIBES_E_MEMBERSHIP_SEND', service.start(StartLevel.MBR_TX));
    expect(error.message).to.contain('239.99.0.1').and.contain(IPV4);
    expect(service.statistics.heartbeatsSent).to.equal(0);
    await service.stop(StartLevel.DEFAULT);
  },
};

ip('link set lo up');
await scenarios[process.argv[2] ?? '']?.();
