import type { Clock } from '../../base/index.js';

/** How long the machine has been running. */
export interface BootTime {
  /** The same for as long as the machine is not started anew. */
  readonly id: string;
  readonly uptimeMs: number;
}

/** One instant, by every clock that there is. */
export interface TimeMark {
  /** Our time. */
  readonly at: number;
  /** The wall clock, epoch milliseconds. */
  readonly wall: number;
  /** Null where the machine does not tell. */
  readonly boot: BootTime | null;
}

/** So often a mark is made that a later run can go on from; milliseconds. */
export const MARK_MS = 30_000;

/** Up to that difference the wall clock is believed: it is steered a little all the time. Milliseconds. */
const STEERING_MS = 10_000;

/**
 * Our time: epoch milliseconds that do not jump, neither while the process runs nor from one run to the next. What is
 * stored is compared with it, so that a wall clock which is set does not end sessions, nor bring them back.
 *
 * From run to run the time since boot tells how much has passed, or, when the machine was started anew, the wall clock;
 * one that has been set back since counts as if next to nothing had passed.
 */
export class OurTime {
  readonly #clock: Clock;
  readonly #bootTime: () => BootTime | null;
  readonly #offset: number;

  constructor(clock: Clock, { bootTime = () => null, last }: OurTimeOptions = {}) {
    this.#clock = clock;
    this.#bootTime = bootTime;
    const start = last === undefined ? clock.now() : continued(last, clock.now(), bootTime());
    this.#offset = start - clock.monotonic();
  }

  readonly now = (): number => Math.round(this.#offset + this.#clock.monotonic());

  mark(): TimeMark {
    return { at: this.now(), wall: this.#clock.now(), boot: this.#bootTime() };
  }
}

export interface OurTimeOptions {
  /** Default: it is not known. */
  readonly bootTime?: () => BootTime | null;
  /** The last mark of the run before. */
  readonly last?: TimeMark | undefined;
}

function continued(last: TimeMark, wall: number, boot: BootTime | null): number {
  const sameBoot = boot !== null && boot.id === last.boot?.id && boot.uptimeMs >= last.boot.uptimeMs;
  const byWallClock = wall >= last.wall ? wall - last.wall : MARK_MS;
  const passed = sameBoot ? boot.uptimeMs - last.boot.uptimeMs : byWallClock;
  const time = last.at + passed;
  return Math.abs(wall - time) <= STEERING_MS && wall >= last.at ? wall : Math.round(time);
}
