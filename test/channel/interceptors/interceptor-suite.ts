import { expect } from 'chai';
import { randomUniqueId } from '../../../src/base/index.js';
import type { ChannelInterceptor } from '../../../src/channel/channel-interceptor.js';
import { interceptorFactory } from '../../../src/channel/interceptors/registry.js';
import { StartLevel } from '../../../src/membership/index.js';
import type { ChannelData } from '../../../src/wire/index.js';
import { ManualClock } from '../../support/manual-clock.js';
import { interceptorContext, RecordingLowerLayer, RecordingUpperLayer } from '../layers.js';
import { member, memberPackage } from '../members.js';

export interface SuiteOptions {
  readonly attributes?: Readonly<Record<string, string>>;
  /** Whether a message is another one below it. */
  readonly changesMessages?: boolean;
}

/** What every interceptor does with what does not concern it, and with its life. */
export function interceptorSuite(
  className: string,
  { attributes = {}, changesMessages = false }: SuiteOptions = {},
): void {
  describe(`${className}, as any interceptor,`, () => {
    const a = member(4001);
    let clock: ManualClock;
    let lower: RecordingLowerLayer;
    let upper: RecordingUpperLayer;
    let subject: ChannelInterceptor;

    function make(): ChannelInterceptor {
      const spec = { className, attributes: new Map(Object.entries(attributes)) };
      return interceptorFactory(spec)(interceptorContext(clock));
    }

    beforeEach(async () => {
      clock = new ManualClock();
      lower = new RecordingLowerLayer();
      upper = new RecordingUpperLayer();
      subject = make();
      subject.linkTo(upper, lower);
      await subject.start(StartLevel.DEFAULT);
    });

    afterEach(() => subject.stop(StartLevel.DEFAULT));

    const plain: ChannelData = {
      options: 0,
      timestamp: 1n,
      uniqueId: randomUniqueId(),
      member: memberPackage(4001),
      message: Buffer.from('plain'),
    };

    it('passes the outcome of a message up', async () => {
      const outcome = { delivered: [], faulty: [{ member: a, cause: new Error('refused') }] };
      lower.answer = () => Promise.resolve(outcome);
      expect(await subject.sendMessage([a], plain)).to.eql(outcome);
    });

    if (!changesMessages) {
      it('passes a message down as it is', async () => {
        await subject.sendMessage([a], plain);
        expect(lower.sent).to.eql([{ to: [a], message: plain }]);
      });
    }

    it('passes a message up as it went down', async () => {
      for (const length of [1, 5, 1000]) {
        await subject.sendMessage([a], {
          ...plain,
          uniqueId: randomUniqueId(),
          message: Buffer.alloc(length, 'x'),
        });
      }
      for (const { message } of lower.sent) {
        await subject.messageReceived(message);
      }
      expect(upper.received.map(({ message }) => message.toString())).to.eql(
        [1, 5, 1000].map((length) => 'x'.repeat(length)),
      );
      expect(upper.received.every(({ member }) => member === plain.member)).to.equal(true);
    });

    it('passes the heartbeat down', () => {
      subject.heartbeat();
      expect(lower.calls.at(-1)).to.equal('heartbeat');
    });

    it('passes starts and stops down, and leaves no timer behind', async () => {
      const levels = lower.calls.map((call) => Number(/^start (\d+)$/.exec(call)?.[1]));
      expect(levels.reduce((sum, level) => sum + level)).to.equal(StartLevel.DEFAULT);
      await subject.stop(StartLevel.DEFAULT);
      expect(lower.calls.at(-1)).to.equal('stop 15');
      await subject.stop(StartLevel.DEFAULT);
      expect(clock.pendingTimers).to.equal(0);
    });

    it('can be stopped without having been started', async () => {
      const fresh = make();
      fresh.linkTo(upper, lower);
      await fresh.stop(StartLevel.DEFAULT);
      expect(lower.calls.at(-1)).to.equal('stop 15');
    });

    it('has statistics that are numbers', () => {
      expect(Object.values(subject.statistics()).every(Number.isFinite)).to.equal(true);
    });
  });
}
