import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Benchmark } from '../kit/benchmark.js';
import { startReceivers, type Applied, type Receiver } from '../kit/receivers.js';
import { Recorder, type RecordedStream } from '../kit/recorder.js';
import { Replayer } from '../kit/replayer.js';
import type { Report } from '../kit/report.js';
import { SessionSender, type SendOptions } from '../kit/session-sender.js';
import { sideBySide, times, type Wanted } from '../kit/side-by-side.js';
import { sum } from '../kit/statistics.js';
import { Workbench } from '../kit/workbench.js';

const SENDERS = 2;
const OPTIONS = [8, 6] as const;

/** Messages of one piece, and pieces that count for nothing. */
const PIECE: Readonly<Record<SendOptions, number>> = { 8: 50_000, 6: 20_000 };
const SMOKE_PIECE = 300;
const WARM_UP_PIECES = 4;

/** A part of the recording: what comes behind the part before it. It rests in files, one for each connection. */
interface Piece {
  readonly options: SendOptions;
  readonly messages: number;
  readonly streams: readonly (Omit<RecordedStream, 'bytes'> & { readonly file: string })[];
  /** What a receiver must have when it has had everything up to the end of this piece. */
  readonly expected: Applied;
}

interface Sample {
  readonly messagesPerSecond: number;
  readonly cpuMicroseconds: number;
  readonly megabytesPerSecond: number;
}

type Round = Readonly<Record<SendOptions, Sample>>;

export const replay: Benchmark = {
  name: 'replay',
  about: 'one recording of a real sender, replayed to each receiver as fast as it takes it',
  rounds: 5,
  sessions: 1_000,
  run: (options) => Workbench.use(options, measure),
};

async function measure(bench: Workbench): Promise<Report> {
  const { rounds, say, sessions } = bench.options;
  const warmUps = bench.options.smoke ? 1 : WARM_UP_PIECES;
  say('a real sender is recorded');
  const { pieces, alive } = await record(bench, warmUps + rounds, sessions);
  const receivers = await startReceivers(bench);
  const runners: { receiver: Receiver; replayer: Replayer; samples: Round[] }[] = [];
  for (const receiver of receivers) {
    const replayer = await Replayer.open(receiver.member.receiverPort, SENDERS);
    runners.push({ receiver, replayer, samples: [] });
  }
  for (const [index, turn] of pieces.entries()) {
    say(index < warmUps ? `warming up (${index + 1})` : `round ${index - warmUps + 1} of ${rounds}`);
    for (const { receiver, replayer, samples } of runners) {
      const eight = await replayed(receiver, replayer, turn[8]);
      const round = { 8: eight, 6: await replayed(receiver, replayer, turn[6]) };
      if (index >= warmUps) {
        samples.push(round);
      }
    }
  }
  const overtaken: number[] = [];
  for (const { receiver, replayer } of runners) {
    overtaken.push(await receiver.overtaken(alive));
    replayer.close();
  }
  return report(bench, runners, overtaken);
}

/** One sender that goes on and on: a turn of pieces, of each of the options, behind the other. */
async function record(
  bench: Workbench,
  turns: number,
  sessions: number,
): Promise<{ pieces: Record<SendOptions, Piece>[]; alive: ReadonlyMap<string, number> }> {
  const recorder = await Recorder.open();
  const sender = await SessionSender.start(bench, SENDERS);
  try {
    await sender.lives('recording', recorder.port, sessions);
    const pieces: Record<SendOptions, Piece>[] = [];
    for (let turn = 0; turn < turns; turn++) {
      const piece = async (options: SendOptions): Promise<Piece> => {
        const messages = bench.options.smoke ? SMOKE_PIECE : PIECE[options];
        await sender.run('recording', options, messages);
        const streams = recorder.take().map(({ bytes, ...counts }, connection) => {
          const file = join(bench.directory, `piece-${turn}-${options}-${connection}.bin`);
          writeFileSync(file, bytes);
          return { ...counts, file };
        });
        if (streams.length !== SENDERS || sum(streams.map(({ frames }) => frames)) !== messages) {
          throw new Error(`${messages} messages were sent, and not all of them were recorded`);
        }
        return { options, messages, streams, expected: await sender.expected('recording') };
      };
      pieces.push({ 8: await piece(8), 6: await piece(6) });
    }
    return { pieces, alive: await sender.alive('recording', sessions) };
  } finally {
    recorder.close();
    await sender.end();
  }
}

async function replayed(receiver: Receiver, replayer: Replayer, piece: Piece): Promise<Sample> {
  const streams = piece.streams.map(({ file, ...counts }) => ({ ...counts, bytes: readFileSync(file) }));
  const before = await receiver.cpuTimeMs();
  const seconds = await replayer.replay(streams);
  const cpu = (await receiver.cpuTimeMs()) - before;
  await receiver.check(piece.expected);
  return {
    messagesPerSecond: piece.messages / seconds,
    cpuMicroseconds: (cpu * 1e3) / piece.messages,
    megabytesPerSecond: sum(streams.map(({ bytes }) => bytes.length)) / 1e6 / seconds,
  };
}

function report(
  bench: Workbench,
  runners: readonly { receiver: Receiver; samples: readonly Round[] }[],
  overtaken: readonly number[],
): Report {
  const [theirs = '', ...ours] = runners.map(({ receiver }) => receiver.name);
  const rounds = runners.map(({ samples }) => samples);
  const { sessions, workload } = bench.options;
  return {
    theirs,
    ours,
    figures: OPTIONS.flatMap(wantedOf).map((wanted) => sideBySide(rounds, wanted)),
    notes: [
      `what ${SENDERS} real senders sent for ${sessions} sessions alive (workload ${workload}), recorded and replayed ` +
        `frame by frame over ${SENDERS} connections; with options 6 nobody waits for an acknowledgement`,
      `successive pieces of one recording, ${PIECE[8]} messages with options 8, then ${PIECE[6]} with options 6; ` +
        `${WARM_UP_PIECES} of each to warm up`,
      'after each piece every receiver had received what was sent until then',
      `sessions without their last delta in the end: ${overtaken.join(', ')}. A Tomcat takes messages of one connection ` +
        'with several threads when they come quickly, and so not always in order; a node with such a session gets no figures',
    ],
  };
}

function wantedOf(options: SendOptions): Wanted<Round>[] {
  return [
    {
      what: `options ${options}: messages applied`,
      unit: '1/s',
      better: 'more',
      value: (round) => round[options].messagesPerSecond,
      goal: options === 8 ? times(2) : undefined,
    },
    {
      what: `options ${options}: CPU for a message`,
      unit: 'µs',
      value: (round) => round[options].cpuMicroseconds,
    },
    {
      what: `options ${options}: bytes applied`,
      unit: 'MB/s',
      better: 'more',
      value: (round) => round[options].megabytesPerSecond,
    },
  ];
}
