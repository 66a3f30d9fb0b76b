import type { Grammar } from './grammar.js';
import type { HandleTable, TableSizes } from './handle-table.js';
import { Opacity } from './opacity.js';
import { DEAD_END, OUT_OF_STEPS } from './stream-bytes.js';

/** State of a grammar, to come back to. */
export interface Mark {
  readonly offset: number;
  readonly table: HandleTable;
  readonly sizes: TableSizes;
  readonly frames: readonly number[];
  readonly contentStart: number;
  readonly exceptionStart: number;
  readonly cells: number;
}

/** Steps of the first try; each further try goes `WIDENING` times as far. */
const FIRST_WINDOW = 8;
const WIDENING = 8;
/** Steps of looking ahead that each step of the stream itself allows, so that the whole stays linear. */
const EARNED_PER_STEP = 32;
/** Frames that are saved and restored at the cost of one step. */
const FRAMES_PER_STEP = 8;

/** Where the data of the class end on one way, and what it took their bytes for. */
interface Ending {
  readonly offset: number;
  readonly handles: number;
  readonly events: ArrayLike<number>;
}

/** Whether classes with writeObject skipped their fields, by the offset of their data. Seldom there are any. */
export class Decisions {
  private made: Map<number, boolean> | undefined;

  get(offset: number): boolean | undefined {
    return this.made?.get(offset);
  }

  set(offset: number, skips: boolean): void {
    this.made ??= new Map();
    this.made.set(offset, skips);
  }
}

interface Outlook {
  readonly fate: 'dead' | 'alive' | 'finished';
  readonly ending: Ending | undefined;
}

/**
 * Tells whether a class with writeObject wrote its default fields. Nothing in the stream says so; but the specification
 * demands that it does, so that is the usual reading, and the other one counts only where the bytes could begin an
 * annotation at all. Then both are followed in steps, a little further each time:
 *
 * - if one breaks the grammar, the other is certain. That is nearly always within a few steps;
 * - if both end the class at the same byte with the same handles, defined and referred to at the same places, it makes
 *   no difference to anybody but a view, and the usual reading is taken;
 * - if they agree on the end but not on the handles, or if both reach the end of the stream, the class is ambiguous;
 * - if the steps allowed are used up while both live, the usual reading is taken. Should it break later on, the error
 *   is that of the limit.
 *
 * A way includes every choice of the classes that it meets.
 */
export class LookAhead {
  /** A choice was made for want of steps. */
  undecided = false;
  private readonly grammar: Grammar;
  private spent = 0;
  private active = false;
  /** Choices on the present way whose second branch was not tried. */
  private branches: Mark[] = [];
  private start: Mark | undefined;
  private depth = 0;
  private ending: Ending | undefined;

  constructor(grammar: Grammar) {
    this.grammar = grammar;
  }

  /** Called where a class may have skipped its fields, and the bytes could begin an annotation. */
  skipsFields(): boolean {
    const { grammar } = this;
    if (this.active) {
      this.branches.push(grammar.mark());
      this.spent += grammar.depth / FRAMES_PER_STEP;
      return false;
    }
    const { offset } = grammar;
    const known = grammar.decisions.get(offset);
    if (known !== undefined) {
      return known;
    }
    const skips = this.decide();
    grammar.decisions.set(offset, skips);
    return skips;
  }

  /** Called, while looking ahead, when an annotation ends and `depth` frames are left. */
  annotationEnded(depth: number): void {
    const { table, offset } = this.grammar;
    if (this.ending === undefined && depth === this.depth && table === this.start?.table) {
      const events = table.eventsSince(this.start.sizes.events);
      this.ending = { offset, handles: table.count, events };
    }
  }

  private decide(): boolean {
    const { grammar } = this;
    const mark = grammar.mark();
    const steps = grammar.stepsTaken;
    const className = grammar.classAtHand;
    const allowed = grammar.limits.maxBacktrackSteps + EARNED_PER_STEP * steps;
    try {
      for (let width = FIRST_WINDOW; this.spent < allowed; width *= WIDENING) {
        const window = Math.min(width, allowed - this.spent);
        const skipped = this.explore(mark, true, window);
        if (skipped.fate === 'dead') {
          return false;
        }
        const written = this.explore(mark, false, window);
        if (written.fate === 'dead') {
          return true;
        }
        const same = compare(skipped, written);
        if (same === true) {
          return false;
        }
        if (same === false) {
          throw new Opacity('ambiguous', className);
        }
      }
    } finally {
      grammar.rewind(mark);
      grammar.decide(steps);
    }
    this.undecided = true;
    return false;
  }

  private explore(mark: Mark, skip: boolean, window: number): Outlook {
    const { grammar } = this;
    this.start = mark;
    this.ending = undefined;
    this.branches = [];
    grammar.rewind(mark);
    this.depth = grammar.depth;
    const steps = grammar.stepsTaken;
    grammar.speculate(window);
    this.active = true;
    if (skip) {
      grammar.skipFields();
    }
    try {
      return { fate: this.follow(), ending: this.ending };
    } finally {
      this.active = false;
      this.spent += grammar.stepsTaken - steps + this.depth / FRAMES_PER_STEP;
    }
  }

  private follow(): Outlook['fate'] {
    for (;;) {
      try {
        this.grammar.finishContent();
        let kind = this.grammar.next();
        while (kind !== 'end' && kind !== 'opaque') {
          kind = this.grammar.next();
        }
        return 'finished';
      } catch (error) {
        if (error instanceof Opacity) {
          return 'finished';
        }
        if (error === OUT_OF_STEPS) {
          return 'alive';
        }
        if (error !== DEAD_END) {
          throw error;
        }
        if (!this.takeBranch()) {
          return 'dead';
        }
      }
    }
  }

  private takeBranch(): boolean {
    const branch = this.branches.pop();
    if (branch === undefined) {
      return false;
    }
    this.grammar.rewind(branch);
    this.grammar.skipFields();
    if (this.ending !== undefined && branch.offset < this.ending.offset) {
      this.ending = undefined;
    }
    return true;
  }
}

/** Whether two ways take the bytes for the same; undefined when it takes more steps to know. */
function compare(one: Outlook, other: Outlook): boolean | undefined {
  const { ending: a } = one;
  const { ending: b } = other;
  if (a !== undefined && b !== undefined && a.offset === b.offset && a.handles === b.handles) {
    return sameNumbers(a.events, b.events);
  }
  return one.fate === 'finished' && other.fate === 'finished' ? false : undefined;
}

function sameNumbers(one: ArrayLike<number>, other: ArrayLike<number>): boolean {
  let at = 0;
  while (at < one.length && one[at] === other[at]) {
    at++;
  }
  return at === one.length && at === other.length;
}
