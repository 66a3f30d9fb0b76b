/** What is open while a stream is read. */
export const Frame = {
  /** One value, at the top level or after TC_EXCEPTION. First: 1 until it is taken. */
  TOP_LEVEL: 0,
  /** An array of values. First: its handle; second: cells still to come. */
  ARRAY: 1,
  /** The data of an object. First: its handle; second: the next of its steps; third: values still to come in a run. */
  OBJECT: 2,
  /** Contents until TC_ENDBLOCKDATA. */
  ANNOTATION: 3,
  /** A descriptor whose annotation is open. First: its index. */
  DESC: 4,
  /** A type code whose class descriptor is being read. First: the type code; second: its event. */
  CLASS_WANTED: 5,
} as const;

const FRAME_SIZE = 4;

/** A stack of frames of four numbers: kind, first, second, third. No object is made for what is nested. */
export class FrameStack {
  depth = 0;
  private readonly cells: number[] = [];
  /** Place of the innermost frame. */
  private top = -FRAME_SIZE;

  push(kind: number, first: number, second: number, third: number): void {
    const at = this.top + FRAME_SIZE;
    this.cells[at] = kind;
    this.cells[at + 1] = first;
    this.cells[at + 2] = second;
    this.cells[at + 3] = third;
    this.top = at;
    this.depth++;
  }

  pop(): void {
    this.top -= FRAME_SIZE;
    this.depth--;
  }

  clear(): void {
    this.top = -FRAME_SIZE;
    this.depth = 0;
  }

  get kind(): number {
    return this.cells[this.top] as number;
  }

  get first(): number {
    return this.cells[this.top + 1] as number;
  }

  set first(value: number) {
    this.cells[this.top + 1] = value;
  }

  get second(): number {
    return this.cells[this.top + 2] as number;
  }

  set second(value: number) {
    this.cells[this.top + 2] = value;
  }

  get third(): number {
    return this.cells[this.top + 3] as number;
  }

  set third(value: number) {
    this.cells[this.top + 3] = value;
  }

  /** Kind of the frame at `level`; the outermost is at level 0. */
  kindAt(level: number): number {
    return this.cells[level * FRAME_SIZE] as number;
  }

  firstAt(level: number): number {
    return this.cells[level * FRAME_SIZE + 1] as number;
  }

  save(): readonly number[] {
    return this.cells.slice(0, this.depth * FRAME_SIZE);
  }

  restore(saved: readonly number[]): void {
    for (let at = 0; at < saved.length; at++) {
      this.cells[at] = saved[at] as number;
    }
    this.depth = saved.length / FRAME_SIZE;
    this.top = saved.length - FRAME_SIZE;
  }
}
