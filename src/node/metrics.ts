import { Counter, Gauge, collectDefaultMetrics, type Registry } from 'prom-client';
import type { EventLoopLag, LagSummary } from './event-loop-lag.js';

/** What each number of `T` counts. */
export type HelpOf<T> = { readonly [K in keyof T as T[K] extends number ? K : never]-?: string };

/** The longest that it takes, 24 days: never. */
const NEVER_MS = 2 ** 31 - 1;

/** Adds what Node.js itself tells, memory and garbage collection, and the lag of the event loop in place of its own. */
export function addProcessMetrics(registry: Registry, lag: EventLoopLag): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  addLag(registry, lag);
}

/** Under the names that dashboards know; there each includes the 10 ms between two looks of the monitor. */
const LAG_NAMES: Readonly<Record<keyof LagSummary, readonly [name: string, help: string]>> = {
  last: ['nodejs_eventloop_lag_seconds', 'By how much the last timer was late'],
  min: ['nodejs_eventloop_lag_min_seconds', 'The least by which a timer was late since this was asked last'],
  max: ['nodejs_eventloop_lag_max_seconds', 'The most by which a timer was late since this was asked last'],
  mean: ['nodejs_eventloop_lag_mean_seconds', 'By how much timers were late, mean'],
  stddev: ['nodejs_eventloop_lag_stddev_seconds', 'By how much timers were late, standard deviation'],
  p50: ['nodejs_eventloop_lag_p50_seconds', 'By how much timers were late, median'],
  p90: ['nodejs_eventloop_lag_p90_seconds', 'By how much timers were late, 90th percentile'],
  p99: ['nodejs_eventloop_lag_p99_seconds', 'By how much timers were late, 99th percentile'],
};

function addLag(registry: Registry, lag: EventLoopLag): void {
  const gauges: (readonly [keyof LagSummary, Gauge])[] = [];
  for (const [key, [name, help]] of Object.entries(LAG_NAMES)) {
    registry.removeSingleMetric(name);
    // The first is asked first, and knows all.
    const isFirst = gauges.length === 0;
    const collect = (): void => {
      const summary = lag.take();
      gauges.forEach(([each, gauge]) => gauge.set(summary[each]));
    };
    const gauge = new Gauge({ name, help, registers: [registry], ...(isFirst && { collect }) });
    gauges.push([key as keyof LagSummary, gauge]);
  }
}

/**
 * A counter for every number of `help`, read when somebody asks: `acks` of the prefix `tribes_receiver` is
 * `tribes_receiver_acks_total`.
 */
export function addCounters<T extends object>(
  registry: Registry,
  prefix: string,
  help: HelpOf<T>,
  read: () => T,
): void {
  for (const [key, text] of Object.entries<string>(help)) {
    new Counter({
      name: `${prefix}_${snakeCase(key)}_total`,
      help: text,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read()[key as keyof T] as number);
      },
    });
  }
}

export function addGauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

/** One counter with a label; `read` gives the count for each value of the label. */
export function addLabelledCounter(
  registry: Registry,
  { name, help, label }: { readonly name: string; readonly help: string; readonly label: string },
  read: () => Iterable<readonly [value: string, count: number]>,
): void {
  new Counter({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [value, count] of read()) {
        this.inc({ [label]: value }, count);
      }
    },
  });
}

/** The same for numbers that rise and fall. */
export function addLabelledGauge(
  registry: Registry,
  { name, help, label }: { readonly name: string; readonly help: string; readonly label: string },
  read: () => Iterable<readonly [value: string, count: number]>,
): void {
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [value, count] of read()) {
        this.set({ [label]: value }, count);
      }
    },
  });
}

export function snakeCase(camelCase: string): string {
  return camelCase.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase();
}
