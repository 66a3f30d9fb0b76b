import { expect } from 'chai';
import { randomUniqueId, silentLogger, systemClock, type UniqueId } from '../../src/base/index.js';
import {
  CloudMembershipService,
  hostBytes,
  hostText,
  StartLevel,
  type FoundMember,
  type MemberLookup,
} from '../../src/membership/index.js';
import { rejectionOf, thrownBy } from '../support/errors.js';
import { eventually } from '../support/eventually.js';
import { recordingLogger } from '../support/recording-logger.js';

const PORT = 4000;

const bytes = (host: string): Buffer => hostBytes(host) ?? Buffer.alloc(0);

/** A list that a test writes. */
class WrittenList implements MemberLookup {
  readonly place = 'the list';
  readonly advice = 'write it there';
  readonly ids = new Map<string, UniqueId>();
  found: FoundMember[] = [];
  fails = false;
  looks = 0;
  byAddress = false;

  idOf(host: Buffer): UniqueId | undefined {
    return this.byAddress ? this.id(hostText(host)) : undefined;
  }

  id(host: string): UniqueId {
    const id = this.ids.get(host) ?? randomUniqueId();
    this.ids.set(host, id);
    return id;
  }

  add(host: string, aliveTime = -1): void {
    this.found.push({ host: bytes(host), uniqueId: this.id(host), aliveTime });
  }

  remove(host: string): void {
    this.found = this.found.filter((one) => hostText(one.host) !== host);
  }

  find(): Promise<readonly FoundMember[]> {
    this.looks++;
    return this.fails ? Promise.reject(new Error('no answer')) : Promise.resolve([...this.found]);
  }
}

describe('CloudMembershipService', () => {
  let list: WrittenList;
  let services: CloudMembershipService[];
  let events: string[];

  beforeEach(() => {
    list = new WrittenList();
    services = [];
    events = [];
  });

  afterEach(async () => {
    await Promise.all(services.map((service) => service.stop(StartLevel.DEFAULT)));
  });

  function service(host: string | null, logger = silentLogger): CloudMembershipService {
    const made = new CloudMembershipService({
      clock: systemClock,
      logger,
      lookup: list,
      receiverPort: PORT,
      heartbeatSleeptime: 20,
      expirationTime: 100,
    });
    services.push(made);
    made.setListener({
      memberAdded: (member) => events.push(`added ${member.host}`),
      memberDisappeared: (member, reason) => events.push(`${reason} ${member.host}`),
    });
    if (host !== null) {
      made.setLocalMemberProperties({ host, port: PORT });
    }
    return made;
  }

  it('has the id that the list gives it, and takes the others in at the port of all', async () => {
    list.add('10.0.0.1');
    list.add('10.0.0.2', 5000);
    list.add('10.0.0.3', 9000);
    const one = service('10.0.0.1');
    await one.start(StartLevel.DEFAULT);
    expect(one.local.uniqueId).to.equal(list.id('10.0.0.1'));
    expect(one.members().map(({ name, uniqueId }) => [name, uniqueId])).to.eql([
      ['tcp://10.0.0.3:4000', list.id('10.0.0.3')],
      ['tcp://10.0.0.2:4000', list.id('10.0.0.2')],
    ]);
    expect(one.member(one.members()[0]?.key ?? one.local.key)?.host).to.equal('10.0.0.3');
    expect(events).to.eql(['added 10.0.0.2', 'added 10.0.0.3']);
    expect(one.statistics.heartbeatsReceived).to.be.at.least(2);
  });

  it('notices who is listed no more, and who comes', async () => {
    list.add('10.0.0.1');
    list.add('10.0.0.2');
    const one = service('10.0.0.1');
    await one.start(StartLevel.DEFAULT);
    list.remove('10.0.0.2');
    list.add('10.0.0.3');
    await eventually('both are noticed', () => events.length === 3);
    expect(events).to.eql(['added 10.0.0.2', 'added 10.0.0.3', 'expired 10.0.0.2']);
  });

  it('lets nobody expire while the list cannot be had, and says so', async () => {
    const { logger, lines } = recordingLogger();
    list.add('10.0.0.1');
    list.add('10.0.0.2');
    const one = service('10.0.0.1', logger);
    await one.start(StartLevel.DEFAULT);
    list.fails = true;
    const { looks } = list;
    await eventually('many attempts', () => list.looks > looks + 10);
    expect(one.members().map(({ host }) => host)).to.eql(['10.0.0.2']);
    expect(lines('warn').map(({ fields }) => fields)).to.eql([
      { place: 'the list', times: 1, error: 'no answer' },
    ]);
    expect(one.statistics.sendErrors).to.be.at.least(10);
  });

  it('does not start before the list names it, where only that tells its id', async () => {
    const { logger, lines } = recordingLogger();
    list.add('10.0.0.2');
    const one = service('10.0.0.1', logger);
    let isStarted = false;
    const starting = one.start(StartLevel.DEFAULT).then(() => (isStarted = true));
    await eventually('it looked again', () => list.looks > 5);
    expect(isStarted).to.equal(false);
    expect(lines('warn')[0]?.fields).to.include({ host: '10.0.0.1', advice: 'write it there' });
    list.add('10.0.0.1');
    await starting;
    expect(one.local.uniqueId).to.equal(list.id('10.0.0.1'));
  });

  it('ends such a wait when it is stopped', async () => {
    const one = service('10.0.0.1');
    const starting = one.start(StartLevel.DEFAULT);
    await eventually('it waits', () => list.looks > 2);
    await Promise.all([one.stop(StartLevel.DEFAULT), starting]);
    const { looks } = list;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(list.looks).to.equal(looks);
  });

  it('starts unlisted where its address gives its id, and takes in who sends it a message', async () => {
    list.byAddress = true;
    list.fails = true;
    const one = service('10.0.0.1');
    await one.start(StartLevel.DEFAULT);
    expect(one.local.uniqueId).to.equal(list.id('10.0.0.1'));
    const sender = { ...one.local.info, host: bytes('10.0.0.7') };
    one.heard(sender);
    one.heard(sender);
    one.heard(one.local.info);
    expect(one.members().map(({ uniqueId }) => uniqueId)).to.eql([list.id('10.0.0.7')]);
    expect(events).to.eql(['added 10.0.0.7']);
  });

  it('lists everybody when it only listens, and needs no address for that', async () => {
    list.add('10.0.0.1');
    list.add('10.0.0.2');
    const one = service(null);
    await one.start(StartLevel.MBR_RX);
    expect(one.members().map(({ name }) => name)).to.eql(['tcp://10.0.0.1:4000', 'tcp://10.0.0.2:4000']);
  });

  it('is refused as the twin of whoever has the port of all at its address', () => {
    const one = service(null);
    const error = thrownBy('TRIBES_E_MEMBERSHIP_TWIN', () =>
      one.setLocalMemberProperties({ host: '10.0.0.1', port: PORT + 1 }),
    );
    expect(error.message).to.contain('10.0.0.1 port 4000 of the list: somebody listens there already');
  });

  it('is refused when the list has its address twice', async () => {
    list.add('10.0.0.1');
    list.found.push({ host: bytes('10.0.0.1'), uniqueId: randomUniqueId(), aliveTime: 0 });
    await rejectionOf('TRIBES_E_MEMBERSHIP_TWIN', service('10.0.0.1').start(StartLevel.DEFAULT));
  });

  it('says when that comes about later, and goes on', async () => {
    const { logger, lines } = recordingLogger();
    list.add('10.0.0.1');
    await service('10.0.0.1', logger).start(StartLevel.DEFAULT);
    list.found.push({ host: bytes('10.0.0.1'), uniqueId: randomUniqueId(), aliveTime: 0 });
    await eventually('it says so', () => lines('error').length === 1);
    expect(lines('error')[0]?.fields).to.include({ place: 'the list' });
  });

  it('can be started again', async () => {
    list.add('10.0.0.1');
    list.add('10.0.0.2');
    const one = service('10.0.0.1');
    await one.start(StartLevel.MBR_RX);
    await one.start(StartLevel.MBR_TX);
    await one.stop(StartLevel.MBR_TX);
    expect(one.members()).to.have.length(1);
    await one.stop(StartLevel.MBR_RX);
    expect(one.members()).to.eql([]);
    await one.start(StartLevel.DEFAULT);
    expect(one.members()).to.have.length(1);
    expect(events).to.eql(['added 10.0.0.2', 'added 10.0.0.2']);
  });
});
