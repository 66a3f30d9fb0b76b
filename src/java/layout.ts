/**
 * How the data of an object lie in the stream: a list of instructions, three numbers each, for the classes of its
 * hierarchy from the topmost down. The third number is the place of the class in that hierarchy.
 */
export const Step = {
  /** The object ends. */
  END: 0,
  /** So many bytes of primitive fields. */
  PRIMITIVES: 1,
  /** So many values of object fields. */
  VALUES: 2,
  /** The same, of a class with writeObject and without primitive fields: an annotation may stand in their place. */
  VALUES_OR_NONE: 3,
  /**
   * A class with writeObject and primitive fields: nothing in the stream says whether it wrote them. The second number
   * is the place of the step that follows if it did not.
   */
  FIELDS_OR_NONE: 4,
  /** Contents until TC_ENDBLOCKDATA. */
  ANNOTATION: 5,
} as const;

export const STEP_SIZE = 3;

/** Lengths of runs of fields, alternately bytes of primitives and number of values, in stream order. */
export type Runs = readonly number[];

/** Layouts that are kept; beyond, all are forgotten. An application has some hundred, hostile streams any number. */
const MAX_KEPT = 1024;
/** Shapes beyond have no key. */
const MAX_RUN = 2 ** 12;

/** A power of two. */
const MAX_NEAR = 32;
const NO_SHAPE = -1;

let kept = 0;

/**
 * How the data of the instances of a class lie, its superclasses included. Classes of the same shape have the same one:
 * it is found, not made, when another stream comes with the same classes.
 */
export class Layout {
  /** That of what has no class. */
  static readonly NONE = new Layout(null, [], false);
  /** Of whatever an Externalizable wrote. */
  static readonly EXTERNALIZABLE = new Layout(null, [], true);

  /** Classes of the hierarchy. */
  readonly depth: number;
  /** Bytes of an instance whose data are primitive fields only; -1 for others. */
  readonly primitiveBytes: number;
  private readonly above: Layout | null;
  private readonly runs: Runs;
  private readonly annotated: boolean;
  /** The layout above and the shape of its own fields: equal for no two that are kept. */
  private shape = NO_SHAPE;
  private below: Map<number, Layout> | undefined;
  /** Some of `below`, each where its shape says: to look into a map takes longer than to read a small class. */
  private near: (Layout | undefined)[] | undefined;
  private cachedSteps: readonly number[] | undefined;

  private constructor(above: Layout | null, runs: Runs, annotated: boolean) {
    this.above = above;
    this.runs = runs;
    this.annotated = annotated;
    this.depth = above === null ? 0 : above.depth + 1;
    this.primitiveBytes = primitiveBytesOf(above, runs, annotated);
  }

  /** The layout of a class below: its own fields, primitives first, and whether it has writeObject. */
  of(primitives: number, values: number, annotated: boolean): Layout {
    if (primitives >= MAX_RUN || values >= MAX_RUN) {
      return new Layout(this, [primitives, values], annotated);
    }
    const shape = (primitives * MAX_RUN + values) * 2 + (annotated ? 1 : 0);
    const place = (primitives + values * 5 + (annotated ? 11 : 0)) & (MAX_NEAR - 1);
    const near = this.near?.[place];
    if (near?.shape === shape) {
      return near;
    }
    const layout = this.below?.get(shape) ?? this.keep(shape, primitives, values, annotated);
    this.near ??= new Array<Layout | undefined>(MAX_NEAR).fill(undefined);
    this.near[place] = layout;
    return layout;
  }

  /** The same, of a class whose fields are in no order that a JVM writes. */
  ofRuns(runs: Runs, annotated: boolean): Layout {
    return new Layout(this, runs, annotated);
  }

  private keep(shape: number, primitives: number, values: number, annotated: boolean): Layout {
    const layout = new Layout(this, primitives + values > 0 ? [primitives, values] : [], annotated);
    layout.shape = shape;
    if (kept === MAX_KEPT) {
      Layout.NONE.below = undefined;
      Layout.NONE.near = undefined;
      kept = 0;
    }
    kept++;
    this.below ??= new Map();
    this.below.set(shape, layout);
    return layout;
  }

  /** The instructions for the data of an instance. */
  get steps(): readonly number[] {
    this.cachedSteps ??= this.stepsOfAll();
    return this.cachedSteps;
  }

  private stepsOfAll(): number[] {
    const steps: number[] = [];
    for (const layout of this.lineage()) {
      layout.addSteps(steps);
    }
    steps.push(Step.END, 0, 0);
    return steps;
  }

  /** The topmost first. */
  private lineage(): Layout[] {
    return this.above === null ? [this] : [...this.above.lineage(), this];
  }

  private addSteps(steps: number[]): void {
    const { runs, annotated } = this;
    const place = Math.max(this.depth - 1, 0);
    const valuesOnly = runs.length === 2 && runs[0] === 0;
    const choice =
      annotated && runs.length > 0 && !valuesOnly ? steps.push(Step.FIELDS_OR_NONE, 0, place) : 0;
    for (let run = 0; run < runs.length; run++) {
      const length = runs[run] as number;
      if (length > 0) {
        const values = annotated && valuesOnly ? Step.VALUES_OR_NONE : Step.VALUES;
        steps.push(run % 2 === 0 ? Step.PRIMITIVES : values, length, place);
      }
    }
    if (choice > 0) {
      steps[choice - 2] = steps.length;
    }
    if (annotated) {
      steps.push(Step.ANNOTATION, 0, place);
    }
  }
}

function primitiveBytesOf(above: Layout | null, runs: Runs, annotated: boolean): number {
  const inherited = above === null ? 0 : above.primitiveBytes;
  if (inherited < 0 || annotated) {
    return -1;
  }
  return runs.length === 0
    ? inherited
    : runs.length === 2 && runs[1] === 0
      ? inherited + (runs[0] as number)
      : -1;
}
