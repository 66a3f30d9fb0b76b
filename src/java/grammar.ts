import { TribesError, isTribesError, type JavaLimits } from '../base/index.js';
import { STREAM_HEADER, TypeCode } from './constants.js';
import { NO_HANDLES } from './descriptor-grammar.js';
import { Frame } from './frame-stack.js';
import type { GraphBuilder } from './graph-builder.js';
import { HandleTable } from './handle-table.js';
import { STEP_SIZE } from './layout.js';
import { Decisions, LookAhead, type Mark } from './look-ahead.js';
import { Opacity } from './opacity.js';
import type { ScannedDesc } from './scanned-desc.js';
import { NOTHING } from './stream-bytes.js';
import { ValueGrammar } from './value-grammar.js';

/** Where the contents of an annotation begin, and what is known before it. */
export interface AnnotationStart {
  readonly offset: number;
  readonly table: HandleTable;
  readonly decisions: Decisions;
}

const HEADER = STREAM_HEADER.readInt32BE(0);

export type ContentKind = 'value' | 'blockData' | 'reset' | 'exception' | 'opaque' | 'end';

const { BLOCKDATA, BLOCKDATALONG, ENDBLOCKDATA, RESET } = TypeCode;

/**
 * The grammar of the Java Object Serialization Stream Protocol, version 2: one automaton for scanning (no builder) and
 * for reading (a builder that makes the graph). It takes one content of the top level at a time, checks every length
 * against the bytes left and every limit before memory is spent, and fills a `HandleTable`.
 *
 * Facts mirrored: `ObjectInputStream.readObject0`, `readNonProxyDesc`, `readSerialData`, `readExternalData`, and the
 * writer's side of each in `ObjectOutputStream`.
 */
export class Grammar extends ValueGrammar {
  /** Where the content that `next` returned begins. */
  contentStart = 0;
  /** The epoch of what was thrown, when `next` returned an exception. */
  exceptionTable: HandleTable | undefined;
  /** Why the rest is opaque, when `next` returned that. */
  opacity: Opacity | undefined;
  /** Whether classes with writeObject skipped their fields, by the offset of their data. */
  decisions = new Decisions();
  private client: GraphBuilder | null = null;
  /** The contents are those of an annotation: TC_ENDBLOCKDATA ends them, and no reset stands among them. */
  private annotation = false;
  private cachedLookAhead: LookAhead | undefined;

  /** One that was released: to make one takes as long as to scan a small stream. */
  private static idle: Grammar | undefined;

  /** The grammar of a whole stream. Errors: TRIBES_E_JAVA_HEADER, TRIBES_E_JAVA_LIMIT. */
  static ofStream(bytes: Buffer, limits: JavaLimits, client: GraphBuilder | null): Grammar {
    const grammar = Grammar.idle ?? new Grammar();
    Grammar.idle = undefined;
    grammar.begin(bytes, limits, STREAM_HEADER.length, HandleTable.ofStream(bytes.length));
    grammar.client = client;
    grammar.builder = client;
    if (bytes.length < STREAM_HEADER.length || grammar.int(0) !== HEADER) {
      const found = bytes.toString('hex', 0, STREAM_HEADER.length) || 'nothing';
      throw new TribesError('TRIBES_E_JAVA_HEADER', { found });
    }
    return grammar;
  }

  /** The grammar of an annotation of a stream that was scanned before. */
  static ofAnnotation(
    bytes: Buffer,
    limits: JavaLimits,
    { offset, table, decisions }: AnnotationStart,
  ): Grammar {
    const grammar = new Grammar();
    grammar.begin(bytes, limits, offset, table);
    grammar.annotation = true;
    grammar.decisions = decisions;
    return grammar;
  }

  private begin(bytes: Buffer, limits: JavaLimits, offset: number, table: HandleTable): void {
    this.bytes = bytes;
    this.end = bytes.length;
    this.limits = limits;
    this.offset = offset;
    this.table = table;
    if (bytes.length > limits.maxBytes) {
      this.offset = 0;
      this.exceeds('maxBytes');
    }
  }

  /** Whoever had it from `ofStream` is done with it. It keeps nothing of the stream. */
  release(): void {
    this.bytes = NOTHING;
    this.table = NO_HANDLES;
    this.client = null;
    this.builder = null;
    this.decisions = new Decisions();
    this.cachedLookAhead = undefined;
    this.exceptionTable = undefined;
    this.opacity = undefined;
    this.steps = 0;
    this.cells = 0;
    this.maxDepth = 0;
    Grammar.idle = this;
  }

  /**
   * Takes the next content. After `opaque` and `end` there is no other. A grammar error while an Externalizable is
   * open means that its class went on after an object had broken off: the rest is opaque, too.
   */
  next(): ContentKind {
    this.contentStart = this.offset;
    this.exceptionStart = -1;
    if (this.offset === this.end && !this.annotation) {
      return 'end';
    }
    const code = this.peekByte('a content');
    if (code === BLOCKDATA || code === BLOCKDATALONG) {
      this.blockData(code);
      return 'blockData';
    }
    if (code === RESET && !this.annotation) {
      this.offset++;
      this.beginEpoch();
      return 'reset';
    }
    if (code === ENDBLOCKDATA && this.annotation) {
      return 'end';
    }
    this.frames.clear();
    try {
      this.value();
      return this.finishContent();
    } catch (error) {
      this.opacity = this.opacityOf(error);
      this.offset = this.end;
      return 'opaque';
    }
  }

  /** Goes on to the end of the content that is open. */
  finishContent(): 'value' | 'exception' {
    while (this.frames.depth > 0) {
      this.advance();
    }
    if (this.exceptionStart < 0) {
      return 'value';
    }
    this.exceptionTable = this.table;
    this.beginEpoch();
    return 'exception';
  }

  /** What `error` means for the rest of the stream; throws it where it is an error and nothing else. */
  private opacityOf(error: unknown): Opacity {
    if (error instanceof Opacity) {
      return error;
    }
    if (isTribesError(error, 'TRIBES_E_JAVA_TRUNCATED', 'TRIBES_E_JAVA_UNEXPECTED')) {
      if (this.cachedLookAhead?.undecided === true) {
        throw this.limitError('maxBacktrackSteps');
      }
      const torn = this.openExternalizable();
      if (torn !== undefined) {
        return new Opacity('torn', torn.className);
      }
    }
    throw error;
  }

  private openExternalizable(): ScannedDesc | undefined {
    for (let level = 0; level < this.frames.depth; level++) {
      if (this.frames.kindAt(level) === Frame.OBJECT) {
        const desc = this.table.desc(this.frames.firstAt(level));
        if (desc?.externalizable === true) {
          return desc;
        }
      }
    }
    return undefined;
  }

  // ---- looking ahead ----

  private get lookAhead(): LookAhead {
    this.cachedLookAhead ??= new LookAhead(this);
    return this.cachedLookAhead;
  }

  protected override skipsFields(): boolean {
    return this.lookAhead.skipsFields();
  }

  protected override annotationEnded(): void {
    this.lookAhead.annotationEnded(this.depth);
  }

  get stepsTaken(): number {
    return this.steps;
  }

  /** Levels that are open, the top level among them. */
  get depth(): number {
    return this.frames.depth + 1;
  }

  /** The class whose fields or annotation stand next. */
  get classAtHand(): string {
    const desc = this.table.desc(this.frames.first) as ScannedDesc;
    const place = desc.layout.steps[this.frames.second - 1] as number;
    return desc.classes[place]?.className ?? desc.className;
  }

  /** Everything that a way ahead can change. */
  mark(): Mark {
    const { offset, table, contentStart, exceptionStart, cells } = this;
    const frames = this.frames.save();
    return { offset, table, sizes: table.sizes, frames, contentStart, exceptionStart, cells };
  }

  rewind(mark: Mark): void {
    this.offset = mark.offset;
    this.table = mark.table;
    this.table.truncate(mark.sizes);
    this.contentStart = mark.contentStart;
    this.exceptionStart = mark.exceptionStart;
    this.cells = mark.cells;
    this.frames.restore(mark.frames);
    for (let level = 0; level < this.frames.depth; level++) {
      if (this.frames.kindAt(level) === Frame.DESC) {
        this.table.descriptors[this.frames.firstAt(level)]?.reopen();
      }
    }
  }

  /** From now on grammar errors are dead ends, nobody is told anything, and `maxSteps` more steps may be taken. */
  speculate(maxSteps: number): void {
    this.speculating = true;
    this.builder = null;
    this.maxSteps = this.steps + maxSteps;
  }

  /** Ends what `speculate` began; `steps` is what `stepsTaken` was then. */
  decide(steps: number): void {
    this.speculating = false;
    this.builder = this.client;
    this.steps = steps;
  }

  /** At a class that may have skipped its fields: goes on with the annotation. */
  skipFields(): void {
    const { steps } = (this.table.desc(this.frames.first) as ScannedDesc).layout;
    this.frames.second = steps[this.frames.second - STEP_SIZE + 1] as number;
  }
}
