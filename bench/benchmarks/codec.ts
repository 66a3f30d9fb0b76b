import { readFileSync } from 'node:fs';
import { ROOT } from '../../interop/kit/files.js';
import { readStream, scanStream, writeStream, type JavaStream } from '../../src/java/index.js';
import type { Benchmark, BenchmarkOptions } from '../kit/benchmark.js';
import type { JavaProgram } from '../kit/java-program.js';
import type { Figure, Report } from '../kit/report.js';
import { times } from '../kit/side-by-side.js';
import { measured } from '../kit/statistics.js';
import { Workbench } from '../kit/workbench.js';

const WARM_UP_MS = 500;
/** It is warm when nothing has become faster by a twentieth for that many turns, and in any case after the most. */
const WARM_UP_PATIENCE = 5;
const WARM_UP_TURNS = 24;
const ROUND_MS = 300;
const SMOKE_MS = 10;

/** Streams that are measured together. */
interface Corpus {
  readonly name: string;
  readonly title: string;
  readonly streams: readonly Buffer[];
}

/** One way to go through a stream: ours, and what the JVM does beside it. */
interface Operation {
  readonly name: string;
  /** What the JVM is asked for; it cannot scan, so that its reading stands beside our scanning. */
  readonly theirs: 'read' | 'write';
  /** At least so many times theirs. */
  readonly goal: number;
  /** Prepared, so that the time is that of the operation alone. What it returns is what it must always return. */
  prepare(stream: Buffer): () => number;
}

const OPERATIONS: readonly Operation[] = [
  { name: 'scan', theirs: 'read', goal: 10, prepare: (stream) => () => scanStream(stream).contents.length },
  { name: 'read', theirs: 'read', goal: 1.5, prepare: (stream) => () => readStream(stream).contents.length },
  { name: 'write', theirs: 'write', goal: 1, prepare: prepareWriting },
];

export const codec: Benchmark = {
  name: 'codec',
  about:
    'Java streams scanned, read and written, beside ObjectInputStream and ObjectOutputStream on the same bytes',
  rounds: 9,
  run: (options) =>
    Workbench.use(options, async (bench) => measure(await bench.program('CodecPeer'), options)),
};

async function measure(jvm: JavaProgram, options: BenchmarkOptions): Promise<Report> {
  const session = Buffer.from(await jvm.ask('session'), 'hex');
  const jdk = jdkStreams();
  const classes = await load(jvm, { name: 'jdk', title: 'JDK classes', streams: jdk });
  const one = await load(jvm, { name: 'session', title: 'a session', streams: [session] });
  const figures: Figure[] = [];
  for (const corpus of [classes, one]) {
    figures.push(...(await figuresOf(jvm, corpus, options)));
  }
  return {
    theirs: 'JVM',
    ours: ['node'],
    figures,
    notes: [
      `JDK classes: ${classes.streams.length} of the ${jdk.length} streams of 06-jdk-classes.json, ` +
        `${total(classes.streams)} bytes: those that the JVM reads and writes again byte for byte`,
      `a session: a session list of a DeltaManager with one session of ten attributes, ${session.length} bytes`,
      'a JVM cannot scan: beside scan stands its read',
    ],
  };
}

/** Only what both sides write as it was. */
async function load(jvm: JavaProgram, corpus: Corpus): Promise<Corpus> {
  const answer = await jvm.ask(
    'load',
    corpus.name,
    ...corpus.streams.map((stream) => stream.toString('hex')),
  );
  const kept = new Set(answer.split(' ').map(Number));
  const streams = corpus.streams.filter((_, index) => kept.has(index));
  if (streams.length < corpus.streams.length * 0.9) {
    throw new Error(`the JVM wrote only ${streams.length} of ${corpus.streams.length} streams as they were`);
  }
  return { ...corpus, streams };
}

interface Turn {
  readonly ours: readonly number[];
  readonly theirs: Readonly<Record<Operation['theirs'], number>>;
}

/** Everything is warm before anything counts; then all take turns, so that what else the machine does meets all alike. */
async function figuresOf(
  jvm: JavaProgram,
  corpus: Corpus,
  { rounds, smoke, say }: BenchmarkOptions,
): Promise<Figure[]> {
  const pass = total(corpus.streams);
  const ways = OPERATIONS.map((operation) => ({
    ...operation,
    runs: corpus.streams.map((stream) => operation.prepare(stream)),
  }));
  const turn = async (milliseconds: number): Promise<Turn> => ({
    ours: ways.map(({ runs }) => bytesPerSecond(runs, pass, milliseconds) / 1e6),
    theirs: {
      read: Number(await jvm.ask('read', corpus.name, milliseconds)) / 1e6,
      write: Number(await jvm.ask('write', corpus.name, milliseconds)) / 1e6,
    },
  });
  say(`${corpus.title}: warming up`);
  await warmUp(async () => {
    const { ours, theirs } = await turn(smoke ? SMOKE_MS : WARM_UP_MS);
    return [...ours, theirs.read, theirs.write];
  });
  const turns: Turn[] = [];
  for (let round = 1; round <= rounds; round++) {
    say(`${corpus.title}: round ${round} of ${rounds}`);
    turns.push(await turn(smoke ? SMOKE_MS : ROUND_MS));
  }
  return ways.map(({ name, theirs, goal }, index) => ({
    what: `${name}, ${corpus.title}`,
    unit: 'MB/s',
    better: 'more',
    theirs: measured(turns.map((each) => each.theirs[theirs])),
    ours: [measured(turns.map((each) => each.ours[index] ?? NaN))],
    goal: times(goal),
  }));
}

async function warmUp(turn: () => Promise<readonly number[]>): Promise<void> {
  const best: number[] = [];
  for (let turns = 0, since = 0; turns < WARM_UP_TURNS && since < WARM_UP_PATIENCE; turns++, since++) {
    for (const [index, speed] of (await turn()).entries()) {
      if (speed > (best[index] ?? 0) * 1.05) {
        best[index] = speed;
        since = 0;
      }
    }
  }
}

/** Every result is used, and checked, so that no compiler leaves the work out. */
function bytesPerSecond(runs: readonly (() => number)[], pass: number, milliseconds: number): number {
  const expected = sum(runs);
  let bytes = 0;
  const begin = performance.now();
  let elapsed: number;
  do {
    if (sum(runs) !== expected) {
      throw new Error('the same work gave another result');
    }
    bytes += pass;
    elapsed = performance.now() - begin;
  } while (elapsed < milliseconds);
  return (bytes * 1_000) / elapsed;
}

function sum(runs: readonly (() => number)[]): number {
  let total = 0;
  for (const run of runs) {
    total += run();
  }
  return total;
}

function prepareWriting(bytes: Buffer): () => number {
  const stream: JavaStream = readStream(bytes);
  if (!writeStream(stream).equals(bytes)) {
    throw new Error('a stream is not written as it was');
  }
  return () => writeStream(stream).length;
}

function jdkStreams(): Buffer[] {
  const text = readFileSync(`${ROOT}test/vectors/06-jdk-classes.json`, 'utf8');
  const { vectors } = JSON.parse(text) as { vectors: { hex: string }[] };
  return vectors.map(({ hex }) => Buffer.from(hex, 'hex'));
}

function total(streams: readonly Buffer[]): number {
  return streams.reduce((bytes, { length }) => bytes + length, 0);
}
