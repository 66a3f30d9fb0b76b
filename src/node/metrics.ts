import { Counter, Gauge, collectDefaultMetrics, type Registry } from 'prom-client';

/** What each number of `T` counts. */
export type HelpOf<T> = { readonly [K in keyof T as T[K] extends number ? K : never]-?: string };

/** Adds what Node.js itself tells: memory, garbage collection, the lag of the event loop. */
export function addProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
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
