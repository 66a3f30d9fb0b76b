/** Numbers kept for each run: its first handle, how many there are, and what the first became. */
const RUN_SIZE = 3;
/** So many runs are looked through one after the other; more become a map. */
const MAX_RUNS = 16;

/**
 * Which handles of one stream became which of another. Handles that follow each other mostly do so in the other stream,
 * too: a few runs tell of all.
 */
export class Renumbering {
  private readonly runs: number[] = [];
  private count = 0;
  /** The highest handle that is known: most that are asked for are beyond. */
  private highest = -1;
  private map: Map<number, number> | undefined;

  /** What `handle` became; -1 if that is not known. */
  get(handle: number): number {
    if (handle > this.highest) {
      return -1;
    }
    if (this.map !== undefined) {
      return this.map.get(handle) ?? -1;
    }
    const { runs } = this;
    for (let at = (this.count - 1) * RUN_SIZE; at >= 0; at -= RUN_SIZE) {
      const behind = handle - (runs[at] as number);
      if (behind >= 0 && behind < (runs[at + 1] as number)) {
        return (runs[at + 2] as number) + behind;
      }
    }
    return -1;
  }

  /** Of a handle that is not known yet. */
  set(handle: number, target: number): void {
    if (handle > this.highest) {
      this.highest = handle;
    }
    if (this.map !== undefined) {
      this.map.set(handle, target);
      return;
    }
    const { runs, count } = this;
    const last = (count - 1) * RUN_SIZE;
    if (count > 0) {
      const length = runs[last + 1] as number;
      if (handle === (runs[last] as number) + length && target === (runs[last + 2] as number) + length) {
        runs[last + 1] = length + 1;
        return;
      }
    }
    if (count === MAX_RUNS) {
      this.map = this.toMap().set(handle, target);
      return;
    }
    const next = last + RUN_SIZE;
    runs[next] = handle;
    runs[next + 1] = 1;
    runs[next + 2] = target;
    this.count = count + 1;
  }

  private toMap(): Map<number, number> {
    const map = new Map<number, number>();
    for (let at = 0; at < this.count * RUN_SIZE; at += RUN_SIZE) {
      const [first, length, target] = this.runs.slice(at, at + RUN_SIZE) as [number, number, number];
      for (let i = 0; i < length; i++) {
        map.set(first + i, target + i);
      }
    }
    return map;
  }
}
