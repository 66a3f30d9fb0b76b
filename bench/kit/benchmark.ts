import type { Report } from './report.js';

export interface BenchmarkOptions {
  /** How often each figure is taken; the median counts. */
  readonly rounds: number;
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
  /** @throws Error where what was done is not what should have been done: then there is no figure */
  run(options: BenchmarkOptions): Promise<Report>;
}
