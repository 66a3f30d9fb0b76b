import type { Benchmark } from '../kit/benchmark.js';
import { codec } from './codec.js';
import { growth } from './growth.js';
import { idle } from './idle.js';
import { latency } from './latency.js';
import { memory } from './memory.js';
import { receive } from './receive.js';
import { replay } from './replay.js';
import { restart } from './restart.js';
import { transfer } from './transfer.js';

/** Every benchmark: one file each, and its line here. */
export const benchmarks: readonly Benchmark[] = [
  codec,
  receive,
  replay,
  transfer,
  latency,
  memory,
  restart,
  idle,
  growth,
];
