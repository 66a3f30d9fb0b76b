import { expect } from 'chai';
import { Registry } from 'prom-client';
import { systemClock } from '../../src/base/index.js';
import { EventLoopLag } from '../../src/node/event-loop-lag.js';
import { addProcessMetrics } from '../../src/node/metrics.js';
import { ManualClock } from '../support/manual-clock.js';

/** A clock whose timers are as late as is said. */
class LateClock extends ManualClock {
  late = 0;

  override monotonic(): number {
    return super.monotonic() + this.late;
  }
}

describe('EventLoopLag', () => {
  let clock: LateClock;
  let lag: EventLoopLag;

  beforeEach(() => {
    clock = new LateClock();
    lag = new EventLoopLag(clock);
  });
  afterEach(() => lag.stop());

  it('is none where timers are in time', () => {
    clock.advance(500);
    expect(lag.take().max).to.be.closeTo(0, 1e-6);
  });

  it('says by how much they were late, in seconds', () => {
    clock.advance(400);
    clock.late = 30;
    clock.advance(100);
    const { last, min, max, mean, p50, p99 } = lag.take();
    expect([last, max, p99].map((seconds) => Math.round(seconds * 1000))).to.deep.equal([30, 30, 30]);
    expect([min, p50].map((seconds) => Math.round(seconds * 1000))).to.deep.equal([0, 0]);
    expect(mean).to.be.closeTo(0.03 / 5, 1e-4);
  });

  it('begins anew when it was asked', () => {
    clock.late = 30;
    clock.advance(100);
    lag.take();
    expect(lag.take()).to.deep.include({ min: 0, max: 0, mean: 0, stddev: 0, p50: 0, p99: 0 });
  });

  it('does not look any more when it was stopped', () => {
    lag.stop();
    clock.late = 30;
    clock.advance(500);
    expect(lag.take().max).to.equal(0);
  });

  it('sees what really holds up the event loop, under the names that dashboards know', async () => {
    const real = new EventLoopLag(systemClock);
    const registry = new Registry();
    addProcessMetrics(registry, real);
    await registry.metrics();
    await new Promise((resolve) => setTimeout(resolve, 120));
    const until = performance.now() + 200;
    while (performance.now() < until) {
      // busy
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
    const text = await registry.metrics();
    real.stop();
    const max = Number(/^nodejs_eventloop_lag_max_seconds (.*)$/m.exec(text)?.[1]);
    expect(max).to.be.greaterThan(0.09);
    expect(text.match(/^nodejs_eventloop_lag_\w+ /gm)).to.have.length(8);
  });
});
