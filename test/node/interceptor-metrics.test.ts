import { expect } from 'chai';
import { Registry } from 'prom-client';
import type { GroupChannel } from '../../src/channel/index.js';
import { registerInterceptorMetrics } from '../../src/node/interceptor-metrics.js';

describe('metrics of the interceptors', () => {
  it('are there for those of the stack, by their names, and added up where there are two', async () => {
    const detector = { probesSent: 2, probesAlive: 2, probesDead: 0, probesReceived: 0, suspects: 1 };
    const interceptors = [
      { name: 'TcpFailureDetector', statistics: detector },
      { name: 'TcpFailureDetector', statistics: { ...detector, probesSent: 3 } },
    ];
    const registry = new Registry();
    const statistics = () => ({ interceptors }) as unknown as ReturnType<GroupChannel['statistics']>;
    registerInterceptorMetrics(registry, { statistics });
    const text = await registry.metrics();
    expect(text).to.contain('\ntribes_tcp_failure_detector_probes_sent_total 5\n');
    expect(text).to.contain('\ntribes_tcp_failure_detector_suspects 2\n');
    expect(text).not.to.contain('message_dispatch');
  });
});
