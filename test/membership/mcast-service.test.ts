import { expect } from 'chai';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { randomInt } from 'node:crypto';
import { randomUniqueId, silentLogger, systemClock, type Clock } from '../../src/base/index.js';
import {
  makeMember,
  McastService,
  StartLevel,
  type McastServiceOptions,
  type McastSettings,
  type Member,
} from '../../src/membership/index.js';
import {
  decodeMemberPackage,
  encodeChannelData,
  encodeFrame,
  encodeMemberPackage,
  SHUTDOWN_PAYLOAD,
  type ChannelData,
  type MemberPackage,
} from '../../src/wire/index.js';
import { rejectionOf, thrownBy } from '../support/errors.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { recordingLogger } from '../support/recording-logger.js';
import { describeMembershipService } from './membership-service-suite.js';
import { memberPackage } from './support.js';

const { MBR_RX, MBR_TX, DEFAULT } = StartLevel;

/** A group of its own for each test, on the loopback interface, and beats that are quick to wait for. */
function groupSettings(): Partial<McastSettings> & { address: string; port: number } {
  return {
    address: `239.255.${randomInt(1, 255)}.${randomInt(1, 255)}`,
    port: randomInt(20_000, 32_000),
    bind: '127.0.0.1',
    frequency: 20,
    dropTime: 500,
  };
}

function service(
  settings: Partial<McastSettings>,
  port = 4001,
  options: Partial<McastServiceOptions> = {},
): McastService {
  const made = new McastService({ clock: systemClock, logger: silentLogger, settings, ...options });
  made.setLocalMemberProperties({ host: '127.0.0.1', port });
  return made;
}

/** A bare socket in the group: hears and says whatever a test wants. */
class Bystander {
  readonly #socket: Socket;
  readonly #group: { address: string; port: number };
  readonly datagrams: Buffer[] = [];

  static async join(group: { address: string; port: number }): Promise<Bystander> {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    const listening = once(socket, 'listening');
    socket.bind({ address: group.address, port: group.port, exclusive: true });
    await listening;
    socket.addMembership(group.address, '127.0.0.1');
    socket.setMulticastInterface('127.0.0.1');
    return new Bystander(socket, group);
  }

  private constructor(socket: Socket, group: { address: string; port: number }) {
    this.#socket = socket;
    this.#group = group;
    socket.on('message', (datagram) => this.datagrams.push(datagram));
  }

  get members(): MemberPackage[] {
    return this.datagrams.map((datagram) => decodeMemberPackage(datagram));
  }

  send(datagram: Buffer): void {
    this.#socket.send(datagram, this.#group.port, this.#group.address);
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }
}

describeMembershipService('McastService', () => {
  const settings = groupSettings();
  return {
    node: (port) => service(settings, port),
    ghost: (port) => {
      let bystander: Bystander | undefined;
      return {
        async start() {
          bystander = await Bystander.join(settings);
          bystander.send(encodeMemberPackage(memberPackage({ host: '127.0.0.1', port })));
        },
        async kill() {
          await bystander?.close();
        },
      };
    },
  };
});

describe('McastService', () => {
  let settings: ReturnType<typeof groupSettings>;
  let bystander: Bystander;
  let services: McastService[];

  beforeEach(async () => {
    settings = groupSettings();
    bystander = await Bystander.join(settings);
    services = [];
  });

  afterEach(async () => {
    await Promise.all(services.map((running) => running.stop(DEFAULT)));
    await bystander.close();
  });

  function node(options: Partial<McastServiceOptions> & { clock?: Clock } = {}, port = 4001): McastService {
    const made = service({ ...settings, ...options.settings }, port, {
      ...options,
      settings: { ...settings, ...options.settings },
    });
    services.push(made);
    return made;
  }

  it('says where it listens', () => {
    expect(node().describe()).to.eql({ group: settings.address, port: settings.port, bind: '127.0.0.1' });
  });

  describe('heartbeats', () => {
    it('begin at once, follow every frequency, and end with a farewell', async () => {
      const clock = new ManualClock();
      const uniqueId = randomUniqueId();
      const beating = node({ clock, uniqueId, settings: { frequency: 500, domain: 'staging' } });
      const starting = beating.start(MBR_TX);
      await eventually('the first', () => bystander.datagrams.length === 1);
      clock.advance(500);
      await eventually('the second', () => bystander.datagrams.length === 2);
      clock.advance(500);
      await eventually('the third', () => bystander.datagrams.length === 3);
      await starting;
      await beating.stop(DEFAULT);
      await eventually('the farewell', () => bystander.datagrams.length === 4);
      const domain = Buffer.from('staging');
      const expected = memberPackage({ host: '127.0.0.1', port: 4001, aliveTime: 0, uniqueId, domain });
      expect(bystander.members).to.eql([
        expected,
        expected,
        expected,
        { ...expected, command: SHUTDOWN_PAYLOAD },
      ]);
      expect(clock.pendingTimers).to.equal(0);
    });

    it('say age 0 until the node is synchronised, then the age since the start', async () => {
      const clock = new ManualClock();
      const beating = node({ clock, settings: { frequency: 500 } });
      clock.advance(10_000);
      const starting = beating.start(MBR_TX);
      await eventually('the first', () => bystander.datagrams.length === 1);
      clock.advance(1000);
      await starting;
      beating.setSynchronised(true);
      clock.shiftWallClock(-3_600_000);
      clock.advance(500);
      await eventually('all four', () => bystander.datagrams.length === 4);
      expect(bystander.members.map(({ aliveTime }) => aliveTime)).to.eql([0n, 0n, 0n, 1500n]);
      expect(beating.local.info.aliveTime).to.equal(1500n);
      beating.setSynchronised(true, 3_600_000);
      clock.advance(500);
      expect(beating.local.info.aliveTime).to.equal(3_600_500n);
    });

    it('are never sent by a node that only listens, not even a farewell', async () => {
      const passive = new McastService({ clock: systemClock, logger: silentLogger, settings });
      services.push(passive);
      await passive.start(MBR_RX);
      await passive.stop(DEFAULT);
      const witness = node({}, 4002);
      await witness.start(MBR_TX);
      await eventually('the witness', () => bystander.datagrams.length > 0);
      expect(new Set(bystander.members.map(({ port }) => port))).to.eql(new Set([4002]));
    });

    it('say farewell only when both levels are stopped', async () => {
      const beating = node();
      await beating.start(DEFAULT);
      const farewells = (): number =>
        bystander.members.filter(({ command }) => command.equals(SHUTDOWN_PAYLOAD)).length;
      await beating.stop(MBR_TX);
      bystander.send(encodeMemberPackage(memberPackage()));
      await eventually('it still listens', () => beating.members().length === 1);
      expect(farewells()).to.equal(0);
      await beating.stop(MBR_RX);
      await eventually('the farewell', () => farewells() === 1);
    });

    it('need an address to announce', async () => {
      const lost = new McastService({ clock: systemClock, logger: silentLogger, settings });
      services.push(lost);
      await rejectionOf('TRIBES_E_MEMBERSHIP_UNANNOUNCED', lost.start(DEFAULT));
      expect(bystander.datagrams).to.eql([]);
    });
  });

  describe('start', () => {
    it('waits two periods for each level', async () => {
      const clock = new ManualClock();
      const waiting = node({ clock, settings: { frequency: 500 } });
      let isStarted = false;
      const starting = waiting.start(DEFAULT).then(() => (isStarted = true));
      await eventually('it waits', () => clock.pendingTimers === 2);
      clock.advance(999);
      expect(bystander.datagrams).to.eql([]);
      clock.advance(1);
      await eventually('it sends', () => bystander.datagrams.length === 1);
      await eventually('it waits again', () => clock.pendingTimers === 3);
      clock.advance(999);
      expect(isStarted).to.equal(false);
      clock.advance(1);
      await starting;
    });

    it('names the setting when no interface has the address', async () => {
      const error = await rejectionOf(
        'TRIBES_E_MEMBERSHIP_BIND',
        node({ settings: { bind: '192.0.2.77' } }).start(DEFAULT),
      );
      expect(error.message).to.contain('membership.bind').and.contain('192.0.2.77').and.contain('127.0.0.1');
    });

    it('names the setting when the address is not one of a group', async () => {
      const stray = node({ settings: { address: '127.0.0.1' } });
      const error = await rejectionOf('TRIBES_E_MEMBERSHIP_ADDRESS', stray.start(DEFAULT));
      expect(error.message).to.contain('membership.address').and.contain('127.0.0.1');
    });

    it('names the setting when somebody has the port for himself', async () => {
      const selfish = createSocket('udp4');
      selfish.bind(0);
      await once(selfish, 'listening');
      const { port } = selfish.address();
      const error = await rejectionOf(
        'TRIBES_E_MEMBERSHIP_PORT',
        node({ settings: { port } }).start(DEFAULT),
      );
      selfish.close();
      expect(error.message).to.contain('membership.port').and.contain(String(port));
    });

    it('refuses a domain that cannot be read', () => {
      thrownBy('TRIBES_E_MEMBERSHIP_DOMAIN', () => node({ settings: { domain: '{1000}' } }));
    });
  });

  describe('the group', () => {
    it('is not mixed up with another group on the same port', async () => {
      const [first, second, third] = [239, 254, 253].map((x) => ({
        ...settings,
        address: `239.255.255.${x}`,
      }));
      const listening = service({ ...first }, 4001);
      const other = service({ ...second }, 4002);
      services.push(listening, other);
      await Promise.all([listening.start(DEFAULT), other.start(DEFAULT)]);
      const stranger = await Bystander.join(third ?? settings);
      stranger.send(encodeMemberPackage(memberPackage({ port: 4003 })));
      const friend = service({ ...first }, 4004);
      services.push(friend);
      await friend.start(DEFAULT);
      await eventually('the friend', () => listening.members().length > 0);
      await stranger.close();
      expect(listening.members().map(({ port }) => port)).to.eql([4004]);
      expect(other.members()).to.eql([]);
    });

    it('takes the time to live that is set', async () => {
      const beating = node({ settings: { ttl: 0 } });
      await beating.start(DEFAULT);
      await eventually('a heartbeat', () => bystander.datagrams.length > 0);
    });
  });

  describe('garbage', () => {
    it('is counted, logged once a minute for each sender, and harms nobody', async () => {
      const clock = new ManualClock();
      const { logger, lines } = recordingLogger();
      const listening = node({ clock, logger });
      const starting = listening.start(MBR_RX);
      await eventually('it waits', () => clock.pendingTimers === 2);
      clock.advance(1000);
      await starting;
      for (let i = 0; i < 5; i++) {
        bystander.send(Buffer.from(`garbage ${i}`));
      }
      bystander.send(encodeMemberPackage(memberPackage()));
      await eventually('the member behind it', () => listening.members().length === 1);
      expect(listening.statistics.garbage).to.equal(5);
      expect(lines('warn').map(({ fields }) => fields)).to.have.length(1);
      expect(lines('warn')[0]?.fields).to.include({ sender: '127.0.0.1', datagrams: 1 });
      clock.advance(60_000);
      expect(lines('warn')[1]?.fields).to.include({ about: 'garbage 127.0.0.1', heldBack: 4 });
      bystander.send(Buffer.from('more'));
      await eventually('the next line', () => lines('warn').length === 3);
      expect(lines('warn')[2]?.fields).to.include({ sender: '127.0.0.1', datagrams: 1 });
    });

    it('of forged members is bounded, counted and logged', async () => {
      const { logger, lines } = recordingLogger();
      const listening = node({ logger, limits: { maxMembers: 10, maxPayloadBytes: 100 } });
      await listening.start(MBR_RX);
      for (let port = 1; port <= 50; port++) {
        bystander.send(encodeMemberPackage(memberPackage({ port })));
      }
      await eventually('all heard', () => listening.statistics.heartbeatsReceived === 50);
      expect(listening.members().length).to.equal(10);
      expect(listening.statistics.refused).to.equal(40);
      expect(lines('warn').length).to.equal(1);
    });
  });

  it('hands on messages that were sent to the whole group', async () => {
    const messages: ChannelData[] = [];
    const listening = node({ onBroadcast: (message) => messages.push(message) });
    await listening.start(MBR_RX);
    const message = {
      options: 0x41,
      timestamp: 1n,
      uniqueId: randomUniqueId(),
      member: memberPackage(),
      message: Buffer.from('to all'),
    };
    bystander.send(encodeFrame(encodeChannelData(message)));
    await eventually('the message', () => messages.length === 1);
    expect(messages[0]).to.include({ options: 0x41, uniqueId: message.uniqueId });
    expect(messages[0]?.message.toString()).to.equal('to all');
    expect(listening.members()).to.eql([]);
  });

  describe('sends to everybody', () => {
    const toAll = (payload: Buffer): ChannelData => ({
      ...{ options: 0x41, timestamp: 1n, uniqueId: randomUniqueId() },
      ...{ member: memberPackage({ port: 4001 }), message: payload },
    });
    const room = 65_507 - encodeFrame(encodeChannelData(toAll(Buffer.alloc(0)))).length;

    it('a message as one datagram', async () => {
      const sending = node();
      await sending.start(DEFAULT);
      const message = toAll(Buffer.from('to all'));
      await sending.broadcast(message);
      const frame = encodeFrame(encodeChannelData(message));
      await eventually('it', () => bystander.datagrams.some((datagram) => datagram.equals(frame)));
    });

    it('as much as fits a datagram, and says what does not', async () => {
      const sending = node();
      await sending.start(DEFAULT);
      await sending.broadcast(toAll(Buffer.alloc(room)));
      await eventually('it', () => bystander.datagrams.some(({ length }) => length === 65_507));
      const error = await rejectionOf(
        'TRIBES_E_SEND_TOO_LARGE',
        sending.broadcast(toAll(Buffer.alloc(room + 1))),
      );
      expect(error.message).to.contain('65508 bytes').and.to.contain(`port ${settings.port}`);
    });

    it('nothing unless it announces itself', async () => {
      const listening = node();
      const message = toAll(Buffer.from('to all'));
      await rejectionOf('TRIBES_E_MEMBERSHIP_SILENT', listening.broadcast(message));
      await listening.start(MBR_RX);
      await rejectionOf('TRIBES_E_MEMBERSHIP_SILENT', listening.broadcast(message));
      await listening.start(MBR_TX);
      await listening.broadcast(message);
      await listening.stop(DEFAULT);
      await rejectionOf('TRIBES_E_MEMBERSHIP_SILENT', listening.broadcast(message));
    });
  });

  it('goes on when a listener fails', async () => {
    const { logger, lines } = recordingLogger();
    const listening = node({ logger });
    const told: Member[] = [];
    listening.setListener({
      memberAdded: (member) => {
        told.push(member);
        throw new Error('listener');
      },
      memberDisappeared: () => undefined,
    });
    await listening.start(MBR_RX);
    const members = [memberPackage(), memberPackage({ host: '10.0.0.2' })];
    members.forEach((info) => bystander.send(encodeMemberPackage(info)));
    await eventually('both', () => told.length === 2);
    expect(told.map(({ key }) => key)).to.eql(members.map((info) => makeMember(info).key));
    expect(lines('error').length).to.equal(2);
  });
});
