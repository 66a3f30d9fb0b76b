/** What is open while a stream is read. */
export const Frame = {
  /** An array of values. First: its handle; second: cells still to come. */
  ARRAY: 0,
  /** The data of an object. First: its handle; second: the next of its steps; third: values still to come in a run. */
  OBJECT: 1,
  /** Contents until TC_ENDBLOCKDATA. */
  ANNOTATION: 2,
  /** A descriptor whose annotation is open. First: its index. */
  DESC: 3,
  /** A type code whose class descriptor is being read. First: the type code; second: its event. */
  CLASS_WANTED: 4,
} as const;

const FRAME_SIZE = 4;

/** A stack of frames of four numbers: kind, first, second, third. No object is made for what is nested. */
export class FrameStack {
  depth = 0;
  /** The innermost frame. */
  kind = 0;
  first = 0;
  second = 0;
  third = 0;
  /** The others, the outermost first. */
  private readonly outer: number[] = [];

  push(kind: number, first: number, second: number, third: number): void {
    if (this.depth > 0) {
      const at = (this.depth - 1) * FRAME_SIZE;
      this.outer[at] = this.kind;
      this.outer[at + 1] = this.first;
      this.outer[at + 2] = this.second;
      this.outer[at + 3] = this.third;
    }
    this.depth++;
    this.kind = kind;
    this.first = first;
    this.second = second;
    this.third = third;
  }

  pop(): void {
    this.depth--;
    if (this.depth > 0) {
      this.load(this.outer, (this.depth - 1) * FRAME_SIZE);
    }
  }

  clear(): void {
    this.depth = 0;
  }

  /** Kind of the frame at `level`; the outermost is at level 0. */
  kindAt(level: number): number {
    return level === this.depth - 1 ? this.kind : (this.outer[level * FRAME_SIZE] as number);
  }

  firstAt(level: number): number {
    return level === this.depth - 1 ? this.first : (this.outer[level * FRAME_SIZE + 1] as number);
  }

  /** Of at least one frame. */
  save(): readonly number[] {
    const saved = this.outer.slice(0, (this.depth - 1) * FRAME_SIZE);
    saved.push(this.kind, this.first, this.second, this.third);
    return saved;
  }

  restore(saved: readonly number[]): void {
    const innermost = saved.length - FRAME_SIZE;
    for (let at = 0; at < innermost; at++) {
      this.outer[at] = saved[at] as number;
    }
    this.load(saved, innermost);
    this.depth = saved.length / FRAME_SIZE;
  }

  private load(from: readonly number[], at: number): void {
    this.kind = from[at] as number;
    this.first = from[at + 1] as number;
    this.second = from[at + 2] as number;
    this.third = from[at + 3] as number;
  }
}
