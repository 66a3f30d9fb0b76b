import type { Report } from './report.js';

/** What the sessions hold (`Workload.java`): ten attributes of mixed types, 1.1 KB or 2.2 KB as a delta. */
export const WORKLOADS = ['1k', '2k'] as const;
export type Workload = (typeof WORKLOADS)[number];

/** Where sessions rest. The goals count for LMDB with the default durability, `batch`. */
export const STORES = ['lmdb', 'memory'] as const;
export type Store = (typeof STORES)[number];

export interface BenchmarkOptions {
  /** How often each figure is taken; the median counts. */
  readonly rounds: number;
  /** How many sessions there are. */
  readonly sessions: number;
  readonly workload: Workload;
  /** The variants of ours. */
  readonly stores: readonly Store[];
  /** Too little work to say anything: only to see that everything runs. */
  readonly smoke: boolean;
  /** Says what is going on. */
  readonly say: (line: string) => void;
}

/** What is taken of us and, in the same run, of what we are compared with. */
export interface Benchmark {
  readonly name: string;
  readonly about: string;
  /** How often each figure is taken unless the user says otherwise. */
  readonly rounds: number;
  /** How many sessions there are unless the user says otherwise; undefined where their number is no question. */
  readonly sessions?: number;
  /** @throws Error where what was done is not what should have been done: then there is no figure */
  run(options: BenchmarkOptions): Promise<Report>;
}
