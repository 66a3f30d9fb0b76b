import type { Registry } from 'prom-client';
import { isInterceptorName, statisticsHelp, type GroupChannel } from '../channel/index.js';
import { addCounters, addGauge, snakeCase } from './metrics.js';

/**
 * What the interceptors of the channel count, by the names of both: `probesSent` of `TcpFailureDetector` is
 * `tribes_tcp_failure_detector_probes_sent_total`. Of two with the same name it is the sum.
 */
export function registerInterceptorMetrics(
  registry: Registry,
  channel: Pick<GroupChannel, 'statistics'>,
): void {
  const names = new Set(channel.statistics().interceptors.map(({ name }) => name));
  for (const name of [...names].filter(isInterceptorName)) {
    const { counters, gauges } = statisticsHelp(name);
    const prefix = `tribes_${snakeCase(name)}`;
    const read = (): Record<string, number> => summedStatistics(channel, name);
    addCounters<Record<string, number>>(registry, prefix, counters, read);
    for (const [key, help] of Object.entries(gauges)) {
      addGauge(registry, `${prefix}_${snakeCase(key)}`, help, () => read()[key] ?? 0);
    }
  }
}

function summedStatistics(channel: Pick<GroupChannel, 'statistics'>, name: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const interceptor of channel.statistics().interceptors.filter((one) => one.name === name)) {
    for (const [key, value] of Object.entries(interceptor.statistics)) {
      sums[key] = (sums[key] ?? 0) + value;
    }
  }
  return sums;
}
