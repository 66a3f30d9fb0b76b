import type { JavaProgram } from './java-program.js';
import { percentile } from './statistics.js';
import type { Workbench } from './workbench.js';

/** How often, unless somebody says otherwise: a hundred times a second. */
const PERIOD_MS = 10;

/** `DeltaPulse.Pulse.SESSIONS`: so many sessions of its own has each member that it beats for. */
export const PULSE_SESSIONS = 4;

/** One delta. */
interface Beat {
  /** When it was sent, epoch milliseconds. */
  readonly at: number;
  /** Until it was acknowledged as processed; undefined if it never was. */
  readonly milliseconds: number | undefined;
}

/** A time of interest, epoch milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Time until deltas were acknowledged, in milliseconds. */
export interface Latency {
  readonly beats: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  /** Deltas that were not acknowledged. */
  readonly failed: number;
}

/** `DeltaPulse.java`: goes on changing sessions of its own at some members, and tells how long each took to acknowledge. */
export class DeltaPulse {
  readonly #program: JavaProgram;

  private constructor(program: JavaProgram) {
    this.#program = program;
  }

  static async start(bench: Workbench): Promise<DeltaPulse> {
    return new DeltaPulse(await bench.program('DeltaPulse'));
  }

  /** The member may still be about to start. */
  async begin({
    name,
    receiverPort,
  }: {
    readonly name: string;
    readonly receiverPort: number;
  }): Promise<void> {
    await this.#program.ask('begin', name.replaceAll(' ', '-'), receiverPort, PERIOD_MS);
  }

  async end({ name }: { readonly name: string }): Promise<Beats> {
    const answer = await this.#program.ask('end', name.replaceAll(' ', '-'));
    return new Beats(answer.split(' ').map(beat));
  }
}

/** All that one member was sent. */
export class Beats {
  readonly #beats: readonly Beat[];

  constructor(beats: readonly Beat[]) {
    this.#beats = beats;
  }

  /** Of those that were sent in a span of time, or of all. @throws Error where there are none: nothing was measured */
  latency(span: Span = { from: -Infinity, to: Infinity }): Latency {
    const beats = this.#beats.filter(({ at }) => at >= span.from && at <= span.to);
    const acknowledged = beats.flatMap(({ milliseconds }) => milliseconds ?? []);
    if (acknowledged.length === 0) {
      throw new Error(`of ${beats.length} deltas none was acknowledged`);
    }
    return {
      beats: beats.length,
      p50: percentile(acknowledged, 50),
      p99: percentile(acknowledged, 99),
      longest: percentile(acknowledged, 100),
      failed: beats.length - acknowledged.length,
    };
  }
}

function beat(text: string): Beat {
  const [at, nanoseconds] = text.split(':');
  return { at: Number(at), milliseconds: nanoseconds === 'failed' ? undefined : Number(nanoseconds) / 1e6 };
}
