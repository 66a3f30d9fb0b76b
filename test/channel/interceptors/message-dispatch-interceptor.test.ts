import { expect } from 'chai';
import { randomUniqueId, type TribesError } from '../../../src/base/index.js';
import type { SendOutcome } from '../../../src/channel/channel.js';
import {
  MessageDispatchInterceptor,
  type MessageDispatchSettings,
} from '../../../src/channel/interceptors/message-dispatch-interceptor.js';
import { StartLevel, type Member } from '../../../src/membership/index.js';
import type { ChannelData } from '../../../src/wire/index.js';
import { eventually } from '../../support/eventually.js';
import { ManualClock } from '../../support/manual-clock.js';
import { recordingLogger } from '../../support/recording-logger.js';
import { interceptorContext, RecordingLowerLayer, RecordingUpperLayer } from '../layers.js';
import { member, memberPackage } from '../members.js';

const ASYNC = 8;
const MIB = 2 ** 20;

function message(text: string, options = ASYNC, length = text.length): ChannelData {
  const bytes = Buffer.alloc(length);
  bytes.write(text);
  return { options, timestamp: 0n, uniqueId: randomUniqueId(), member: memberPackage(4000), message: bytes };
}

function textOf({ message: bytes }: ChannelData): string {
  return bytes.toString('latin1').replace(/\0+$/, '');
}

/** Sends that end when the test says so. */
class Gate {
  readonly #waiting: { member: Member; release: (cause?: Error) => void }[] = [];

  readonly answer = (to: readonly Member[]): Promise<SendOutcome> =>
    new Promise((resolve) => {
      const [first] = to;
      if (first !== undefined) {
        this.#waiting.push({
          member: first,
          release: (cause) =>
            resolve(
              cause === undefined
                ? { delivered: to, faulty: [] }
                : { delivered: [], faulty: to.map((one) => ({ member: one, cause })) },
            ),
        });
      }
    });

  /** Ends the oldest send to `one`. */
  release(one: Member, cause?: Error): void {
    const index = this.#waiting.findIndex(({ member: { key } }) => key === one.key);
    const [waiting] = this.#waiting.splice(index, 1);
    waiting?.release(cause);
  }
}

describe('MessageDispatchInterceptor', () => {
  const a = member(4001);
  const b = member(4002);
  let clock: ManualClock;
  let logger: ReturnType<typeof recordingLogger>;
  let lower: RecordingLowerLayer;
  let upper: RecordingUpperLayer;
  let gate: Gate;

  beforeEach(() => {
    clock = new ManualClock();
    logger = recordingLogger();
    lower = new RecordingLowerLayer();
    upper = new RecordingUpperLayer();
    gate = new Gate();
    lower.answer = gate.answer;
  });

  async function started(
    settings: Partial<MessageDispatchSettings> = {},
  ): Promise<MessageDispatchInterceptor> {
    const subject = new MessageDispatchInterceptor(interceptorContext(clock, undefined, logger.logger), {
      maxQueueSize: 64 * MIB,
      alwaysSend: true,
      ...settings,
    });
    subject.linkTo(upper, lower);
    await subject.start(StartLevel.DEFAULT);
    return subject;
  }

  const sentTo = (one: Member): string[] =>
    lower.sent.filter(({ to }) => to[0]?.key === one.key).map(({ message: data }) => textOf(data));

  it('queues a message with option 8 and returns at once', async () => {
    const subject = await started();
    const outcome = await subject.sendMessage([a, b], message('one', 10));
    expect(outcome).to.eql({ delivered: [a, b], faulty: [] });
    expect(subject.statistics()['queuedMessages']).to.equal(2);
    gate.release(a);
    gate.release(b);
    await eventually('both sent', () => subject.statistics()['sent'] === 2);
    expect(subject.statistics()).to.include({ queuedMessages: 0, queuedBytes: 0 });
    expect(lower.sent.map(({ message: { options } }) => options)).to.eql([10, 10]);
  });

  it('sends any other message at once and waits for what becomes of it', async () => {
    const subject = await started();
    const cause = new Error('refused');
    const sending = subject.sendMessage([a], message('now', 6));
    gate.release(a, cause);
    expect(await sending).to.eql({ delivered: [], faulty: [{ member: a, cause }] });
  });

  it('sends a multicast at once and once, for all members together', async () => {
    const subject = await started();
    lower.answer = (to) => Promise.resolve({ delivered: to, faulty: [] });
    await subject.sendMessage([a, b], message('all', 0x48));
    expect(lower.sent.map(({ to }) => to)).to.eql([[a, b]]);
  });

  it('keeps the order of messages to a member', async () => {
    const subject = await started();
    for (const text of ['1', '2', '3']) {
      await subject.sendMessage([a], message(text));
    }
    expect(sentTo(a)).to.eql(['1']);
    gate.release(a);
    await eventually('second', () => sentTo(a).length === 2);
    gate.release(a);
    await eventually('third', () => sentTo(a).length === 3);
    expect(sentTo(a)).to.eql(['1', '2', '3']);
  });

  it('lets a slow member hold up nobody else', async () => {
    const subject = await started();
    await subject.sendMessage([a, b], message('1'));
    await subject.sendMessage([a, b], message('2'));
    gate.release(b);
    await eventually('b has both', () => sentTo(b).length === 2);
    expect(sentTo(a)).to.eql(['1']);
  });

  it('goes on with the next message when one fails, and says so once a minute for each member', async () => {
    const subject = await started();
    for (const text of ['1', '2', '3']) {
      await subject.sendMessage([a], message(text));
      gate.release(a, new Error('refused'));
      await eventually('failed', () => subject.statistics()['queuedMessages'] === 0);
    }
    expect(subject.statistics()).to.include({ faulty: 3, sent: 0 });
    expect(logger.lines('warn').map(({ message: line }) => line)).to.eql([
      'a queued message could not be delivered',
    ]);
  });

  it('counts the payload once and something for each member', async () => {
    const subject = await started();
    await subject.sendMessage([a, b], message('x', ASYNC, MIB));
    const queued = subject.statistics()['queuedBytes'] ?? 0;
    expect(queued).to.be.within(MIB + 2, MIB + 1024);
    gate.release(a);
    await eventually('a has it', () => subject.statistics()['sent'] === 1);
    expect(subject.statistics()['queuedBytes']).to.be.within(MIB + 1, queued - 1);
  });

  describe('when the queue is full', () => {
    it('fails without alwaysSend', async () => {
      const subject = await started({ maxQueueSize: MIB, alwaysSend: false });
      await subject.sendMessage([a], message('1', ASYNC, MIB / 2));
      const { delivered, faulty } = await subject.sendMessage([a, b], message('2', ASYNC, MIB / 2));
      expect(delivered).to.eql([]);
      expect(faulty.map(({ member: { key } }) => key)).to.eql([a.key, b.key]);
      expect((faulty[0]?.cause as TribesError).code).to.equal('TRIBES_E_CHANNEL_QUEUE_FULL');
      expect(subject.statistics()['refused']).to.equal(1);
    });

    it('makes the sender wait its turn with alwaysSend', async () => {
      const subject = await started({ maxQueueSize: MIB });
      await subject.sendMessage([a], message('1', ASYNC, MIB / 2));
      let outcome: SendOutcome | undefined;
      const waiting = subject.sendMessage([a], message('2', ASYNC, MIB / 2)).then((it) => (outcome = it));
      gate.release(a);
      await eventually('second is sent', () => sentTo(a).length === 2);
      expect(outcome).to.equal(undefined);
      gate.release(a);
      expect(await waiting).to.eql({ delivered: [a], faulty: [] });
    });

    it('tells the sender that waited which members did not get it', async () => {
      const subject = await started({ maxQueueSize: 0 });
      const waiting = subject.sendMessage([a, b], message('1'));
      const cause = new Error('refused');
      gate.release(a, cause);
      gate.release(b);
      expect(await waiting).to.eql({ delivered: [b], faulty: [{ member: a, cause }] });
    });

    it('refuses even with alwaysSend once senders wait for twice as much', async () => {
      const subject = await started({ maxQueueSize: MIB });
      const sends = ['1', '2'].map((text) => subject.sendMessage([a], message(text, ASYNC, MIB)));
      const { faulty } = await subject.sendMessage([a], message('3', ASYNC, 1));
      expect((faulty[0]?.cause as TribesError).code).to.equal('TRIBES_E_CHANNEL_QUEUE_FULL');
      for (let turn = 1; turn <= sends.length; turn++) {
        await eventually('its turn', () => sentTo(a).length === turn);
        gate.release(a);
      }
      await Promise.all(sends);
    });
  });

  it('discards what is queued for a member that left, and tells the layer above', async () => {
    const subject = await started();
    for (const text of ['1', '2', '3']) {
      await subject.sendMessage([a, b], message(text));
    }
    subject.memberDisappeared(a, 'shutdown');
    gate.release(a);
    await eventually('only those for b are left', () => subject.statistics()['queuedMessages'] === 3);
    expect(subject.statistics()['discarded']).to.equal(2);
    expect(sentTo(a)).to.eql(['1']);
    expect(upper.events).to.eql(['-4001 shutdown']);
  });

  describe('when it stops', () => {
    it('sends what is queued before the layers below stop', async () => {
      const subject = await started();
      await subject.sendMessage([a], message('1'));
      const stopping = subject.stop(StartLevel.DEFAULT);
      gate.release(a);
      await stopping;
      expect(subject.statistics()).to.include({ sent: 1, discarded: 0 });
      expect(lower.calls).to.eql(['start 15', 'stop 15']);
      expect(clock.pendingTimers).to.equal(0);
    });

    it('waits no longer than half a second, and discards the rest', async () => {
      const subject = await started();
      await subject.sendMessage([a], message('1'));
      await subject.sendMessage([a], message('2'));
      const stopping = subject.stop(StartLevel.DEFAULT);
      clock.advance(500);
      await stopping;
      expect(subject.statistics()).to.include({ discarded: 1, queuedMessages: 1 });
      gate.release(a);
      await eventually('the first one ends', () => subject.statistics()['queuedMessages'] === 0);
      expect(sentTo(a)).to.eql(['1']);
    });

    it('sends at once from then on', async () => {
      const subject = await started();
      await subject.stop(StartLevel.DEFAULT);
      const sending = subject.sendMessage([a], message('late'));
      gate.release(a);
      expect(await sending).to.eql({ delivered: [a], faulty: [] });
      expect(subject.statistics()['sent']).to.equal(0);
    });
  });
});
