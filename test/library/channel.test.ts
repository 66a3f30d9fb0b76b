import { expect } from 'chai';
import { JavaClasses, java } from '../../src/java/index.js';
import type { ChannelMessage, Mirror, MirrorEvent, RpcMessage } from '../../src/library/index.js';
import { created, send } from '../node/cluster.js';
import { rejectionOf, thrownBy } from '../support/errors.js';
import { eventually } from '../support/eventually.js';
import { recordingLogger } from '../support/recording-logger.js';
import { ProgramCluster } from './program.js';

class Price {
  of = '';
  cents = 0;
}

const WRITE = { write: { enabled: true, allowedClasses: ['default', 'shop.Price'] } };

describe('the channel of a mirror', function () {
  this.timeout(30_000);
  let cluster: ProgramCluster;
  let one: Mirror;
  let other: Mirror;
  let log: ReturnType<typeof recordingLogger>;

  beforeEach(async () => {
    cluster = new ProgramCluster();
    log = recordingLogger();
    const classes = new JavaClasses().register(Price, 'shop.Price', 1n, {
      fields: { of: 'java.lang.String', cents: 'int' },
    });
    one = await cluster.join('one', WRITE, { classes });
    other = await cluster.join('other', WRITE, { classes, logger: log.logger });
    await eventually('both know each other', () => one.members.length === 1 && other.members.length === 1);
  });
  afterEach(() => cluster.stop());

  describe('sends', () => {
    let got: ChannelMessage[];

    beforeEach(() => {
      got = [];
      other.channel.on('message', (message) => got.push(message));
    });

    it('values of every sort, and bytes as bytes', async () => {
      const price = Object.assign(new Price(), { of: 'tea', cents: 250 });
      for (const value of ['text', 5, java.long(5), ['a', 1], null, price, Buffer.from([1, 2])]) {
        const { delivered, unreached } = await one.channel.send(value, { options: 6 });
        expect([delivered.map(({ port }) => port), unreached]).to.eql([[other.local.port], []]);
      }
      expect(got.map(({ className }) => className)).to.eql([
        ...['java.lang.String', 'java.lang.Integer', 'java.lang.Long', 'java.util.ArrayList', null],
        ...['shop.Price', 'org.apache.catalina.tribes.ByteMessage'],
      ]);
      expect(got.slice(0, 5).map(({ value }) => value)).to.eql(['text', 5, 5, ['a', 1], null]);
      expect(got[5]?.as(Price)).to.eql(price);
      expect(got.map(({ isBytes, options }) => [isBytes, options])).to.eql([
        ...Array.from({ length: 6 }, () => [false, 6]),
        [true, 7],
      ]);
      expect(got[6]?.value).to.eql(Buffer.from([1, 2]));
      expect(got[0]?.sender).to.include({ port: one.local.port, uniqueId: one.local.uniqueId });
      expect(got[0]?.raw.toString('hex')).to.equal('aced000574000474657874');
      expect(Math.abs((got[0]?.timestamp ?? 0) - Date.now())).to.be.below(10_000);
    });

    it('to whom it is told, and says who is not there any more', async () => {
      const third = await cluster.join('third');
      await eventually('it is known', () => one.members.length === 2);
      const members = one.members;
      await one.channel.send('only one', { to: members.filter(({ port }) => port === other.local.port) });
      await third.leave();
      await eventually('it is gone', () => one.members.length === 1);
      const { delivered, unreached } = await one.channel.send('both', {
        to: members,
        options: 'use_ack, sync',
      });
      expect(delivered.map(({ port }) => port)).to.eql([other.local.port]);
      expect(unreached.map(({ member, cause }) => [member.port, (cause as { code?: string }).code])).to.eql([
        [third.local.port, 'TRIBES_E_LIBRARY_MEMBER'],
      ]);
      expect(got.map(({ value }) => value)).to.eql(['only one', 'both']);
    });

    it('nothing where nobody is there', async () => {
      await other.leave();
      await eventually('it is gone', () => one.members.length === 0);
      expect(await one.channel.send('text')).to.eql({ delivered: [], unreached: [] });
    });

    it('nothing that may not be sent', async () => {
      await rejectionOf('TRIBES_E_LIBRARY_READ_ONLY', (await cluster.join('mute')).channel.send('x'));
      await rejectionOf('TRIBES_E_SEND_OPTION', one.channel.send('x', { options: 'quickly' }));
      await rejectionOf('TRIBES_E_JAVA_FROM_JS', one.channel.send(Symbol('x')));
      await rejectionOf('TRIBES_E_WRITE_LIMIT', one.channel.send('x'.repeat(2 ** 17)));
      class Secret {
        of = '';
      }
      one.register(Secret, 'shop.Secret', 1n, { fields: { of: 'java.lang.String' } });
      await rejectionOf('TRIBES_E_WRITE_CLASS', one.channel.send(new Secret()));
      await one.leave();
      await rejectionOf('TRIBES_E_LIBRARY_LEFT', one.channel.send('x'));
      expect(got).to.eql([]);
    });
  });

  it('keeps what Tomcats say of sessions, and calls, from the listeners, and ends with off', async () => {
    const got: unknown[] = [];
    const listener = ({ value }: ChannelMessage): number => got.push(value);
    other.channel.on('message', listener);
    const peer = await cluster.peer();
    await send(peer, other.local.port, created('S1'));
    await one.channel.rpc('nowhere').call('x', { timeout: 2000 });
    await one.channel.send('for them', {
      options: 6,
      to: one.members.filter(({ port }) => port === other.local.port),
    });
    expect(got).to.eql(['for them']);
    other.channel.off('message', listener);
    await one.channel.send('for nobody', { options: 6 });
    expect(got).to.eql(['for them']);
  });

  it('acknowledges with 6 when the listeners are done, and says when one of them fails', async () => {
    let go: () => void = () => undefined;
    other.channel.on('message', ({ value }) => {
      if (value === 'fail') {
        throw new Error('as told');
      }
      return new Promise<void>((resolve) => (go = resolve));
    });
    let done = false;
    const sending = one.channel.send('wait', { options: 6 }).finally(() => (done = true));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(done).to.equal(false);
    go();
    expect((await sending).unreached).to.eql([]);
    const { unreached } = await one.channel.send('fail', { options: 6 });
    expect(unreached[0]?.cause).to.have.property('code', 'TRIBES_E_SEND_FAIL_ACK');
    expect((await one.channel.send('fail', { options: 2 })).unreached).to.eql([]);
    const logged = (): number =>
      log.lines('error').filter(({ fields }) => (fields as { error?: string }).error === 'as told').length;
    // Twice with 6: what is answered with FAIL_ACK is sent again.
    await eventually('all are logged', () => logged() === 3);
  });

  describe('calls', () => {
    it('are answered: text, nothing, and promises; the caller sees who answered', async () => {
      const asked: RpcMessage[] = [];
      other.channel.rpc('echo', {
        onRequest: async (request) => {
          asked.push(request);
          await Promise.resolve();
          return request.value === 'nothing' ? undefined : ['answer', request.value];
        },
      });
      const echo = one.channel.rpc('echo');
      const { responses, declined, unreached } = await echo.call(java.long(7));
      expect([declined, unreached]).to.eql([[], []]);
      expect(responses.map(({ sender, value }) => [sender.port, value])).to.eql([
        [other.local.port, ['answer', 7]],
      ]);
      expect(asked[0]).to.have.property('className', 'java.lang.Long');
      expect(asked[0]?.sender.port).to.equal(one.local.port);
      const nothing = await echo.call('nothing');
      expect(nothing.responses.map(({ value, className }) => [value, className])).to.eql([[null, null]]);
    });

    it('are declined where there is no such service, nobody answers, or answering fails', async () => {
      const calls = ['nowhere', 'mute', 'failing', 'not for Java', 'closed'];
      other.channel.rpc('mute');
      other.channel.rpc('failing', { onRequest: () => Promise.reject(new Error('as told')) });
      other.channel.rpc('not for Java', { onRequest: () => Symbol('x') });
      other.channel.rpc('closed', { onRequest: () => 'x' }).close();
      for (const id of calls) {
        const { declined, responses } = await one.channel.rpc(id).call('x', { timeout: 20_000 });
        expect(
          declined.map(({ port }) => port),
          id,
        ).to.eql([other.local.port]);
        expect(responses).to.eql([]);
      }
      expect(log.lines('error')).to.have.length(2);
    });

    it('wait for as many as they are told to, and are told of late answers', async () => {
      let answer: (text: string) => void = () => undefined;
      other.channel.rpc('slow', { onRequest: () => new Promise((resolve) => (answer = resolve)) });
      const late: unknown[] = [];
      const slow = one.channel.rpc('slow', {
        onLeftOver: ({ value, sender }) => late.push([value, sender.port]),
      });
      expect((await slow.call('x', { timeout: 100 })).responses).to.eql([]);
      answer('late');
      await eventually('it has come', () => late.length === 1);
      expect(late).to.eql([['late', other.local.port]]);
      await slow.call('x', { replies: 'none', timeout: 20_000 });
      answer('unasked');
      await eventually('it has come', () => late.length === 2);
      const quick = slow.call('x', { replies: 'first' });
      await new Promise((resolve) => setTimeout(resolve, 100));
      answer('in time');
      expect((await quick).responses.map(({ value }) => value)).to.eql(['in time']);
      expect(late).to.have.length(2);
    });

    it('are of a service of one id in a program, which is no map of a session manager', () => {
      const echo = one.channel.rpc(Buffer.from('echo'));
      thrownBy('TRIBES_E_CHANNEL_LISTENER', () => one.channel.rpc('echo'));
      echo.close();
      one.channel.rpc('echo')[Symbol.dispose]();
      for (const id of ['localhost#/app-map', 'cluster-SSO-cache']) {
        thrownBy('TRIBES_E_LIBRARY_RPC_ID', () => one.channel.rpc(id));
      }
    });

    it('are not made by a service that is closed', async () => {
      const echo = one.channel.rpc('echo');
      echo.close();
      await rejectionOf('TRIBES_E_LIBRARY_RPC_CLOSED', echo.call('x'));
    });

    it('need write.enabled', async () => {
      const mute = await cluster.join('mute');
      thrownBy('TRIBES_E_LIBRARY_READ_ONLY', () => mute.channel.rpc('echo'));
    });
  });

  it('has no coordinator without an interceptor that finds one', () => {
    expect(one.channel.coordination).to.equal(undefined);
  });

  it('says who coordinates, and when that changes', async () => {
    const elected = new ProgramCluster();
    try {
      const interceptors = ['NonBlockingCoordinator', 'MessageDispatchInterceptor', 'TcpFailureDetector'];
      const more = { channel: { interceptors, heartbeatSleeptime: 500 } };
      const first = await elected.join('first', more);
      await eventually('it is alone', () => first.channel.coordination?.isCoordinator === true, 20_000);
      const views: MirrorEvent[] = [];
      first.on('viewChanged', (event) => views.push(event));
      const second = await elected.join('second', more);
      const agreed = (mirror: Mirror): boolean => mirror.channel.coordination?.members.length === 2;
      await eventually('they agree', () => agreed(first) && agreed(second), 20_000);
      const [view, theirs] = [first.channel.coordination, second.channel.coordination];
      expect(view?.members.map(({ name }) => name)).to.eql(theirs?.members.map(({ name }) => name));
      expect(view?.coordinator).to.eql(view?.members[0]);
      expect([view?.isCoordinator, theirs?.isCoordinator].filter(Boolean)).to.have.length(1);
      expect(views.at(-1)).to.have.nested.property('members.length', 2);
      await second.leave();
      await eventually('it is alone again', () => first.channel.coordination?.members.length === 1, 20_000);
      expect(views.at(-1)).to.have.nested.property('members.length', 1);
    } finally {
      await elected.stop();
    }
  });
});
