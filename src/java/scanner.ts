import { TribesError, defaultJavaLimits, type JavaLimits } from '../base/index.js';
import { Grammar } from './grammar.js';
import { HandleKind, type HandleTable } from './handle-table.js';
import { scanQuickly } from './quick-scanner.js';
import {
  ScannedBlock,
  ScannedEntry,
  ScannedValue,
  type Extent,
  type ScanSource,
  type ScannedContent,
} from './scanned-value.js';

/** A whole stream, scanned. */
export class ScannedStream {
  readonly contents: readonly ScannedContent[];
  private cachedValues: readonly ScannedValue[] | undefined;

  constructor(contents: readonly ScannedContent[]) {
    this.contents = contents;
  }

  /** The values among the contents, in order. */
  get values(): readonly ScannedValue[] {
    this.cachedValues ??= valuesOf(this.contents);
    return this.cachedValues;
  }
}

/**
 * Walks a whole stream without building anything. Errors: TRIBES_E_JAVA_HEADER, TRIBES_E_JAVA_TRUNCATED,
 * TRIBES_E_JAVA_UNEXPECTED, TRIBES_E_JAVA_LIMIT. What cannot be understood without its class is the last content, of
 * kind `opaque`.
 */
export function scanStream(bytes: Buffer, limits: JavaLimits = defaultJavaLimits): ScannedStream {
  return new ScannedStream(scanQuickly(bytes, limits) ?? scanPlainly(bytes, limits));
}

/** The contents of a stream, whatever it holds. Errors as `scanStream`. */
export function scanPlainly(bytes: Buffer, limits: JavaLimits): readonly ScannedContent[] {
  const grammar = Grammar.ofStream(bytes, limits, null);
  const source: ScanSource = { bytes, limits, decisions: grammar.decisions, maxDepth: 0, cutBytes: 0 };
  // Most streams have one content, and an array that begins empty makes room for many.
  const first = nextContent(grammar, source, undefined);
  const contents: ScannedContent[] = first === undefined ? [] : [first];
  for (let content = first; content !== undefined;) {
    if (contents.length > limits.maxContents) {
      grammar.exceeds('maxContents');
    }
    content = nextContent(grammar, source, undefined);
    if (content !== undefined) {
      contents.push(content);
    }
  }
  source.maxDepth = grammar.maxDepth;
  grammar.release();
  return contents;
}

function valuesOf(contents: readonly ScannedContent[]): ScannedValue[] {
  const values: ScannedValue[] = [];
  for (const content of contents) {
    if (content.kind === 'value') {
      values.push(content.value);
    }
  }
  return values;
}

/** Walks a stream one content of the top level at a time, so that whoever calls can pause between them. */
export class StreamScanner {
  private readonly source: ScanSource;
  private readonly grammar: Grammar;
  /** The handles as the values of this scanner see them, where they are known beforehand. */
  private readonly knownEpoch: HandleTable | undefined;

  /** Errors: TRIBES_E_JAVA_HEADER, TRIBES_E_JAVA_LIMIT; of an object: TRIBES_E_JAVA_UNEXPECTED. */
  constructor(from: Buffer | ScannedValue, limits: JavaLimits = defaultJavaLimits) {
    if (from instanceof ScannedValue) {
      this.source = from.source;
      this.knownEpoch = from.epoch;
      this.grammar = annotationGrammar(from);
    } else {
      this.grammar = Grammar.ofStream(from, limits, null);
      this.source = { bytes: from, limits, decisions: this.grammar.decisions, maxDepth: 0, cutBytes: 0 };
    }
  }

  /** Offset of the next byte. */
  get offset(): number {
    return this.grammar.offset;
  }

  /** The next content; undefined at the end, and after what is opaque. Errors as `scanStream`. */
  next(): ScannedContent | undefined {
    const content = nextContent(this.grammar, this.source, this.knownEpoch);
    if (this.grammar.maxDepth > this.source.maxDepth) {
      this.source.maxDepth = this.grammar.maxDepth;
    }
    return content;
  }
}

function nextContent(
  grammar: Grammar,
  source: ScanSource,
  knownEpoch: HandleTable | undefined,
): ScannedContent | undefined {
  const { table } = grammar;
  const firstEvent = table.eventCount;
  const kind = grammar.next();
  const start = grammar.contentStart;
  const end = grammar.offset;
  switch (kind) {
    case 'value':
      return new ScannedEntry(source, knownEpoch ?? table, start, end, firstEvent);
    case 'blockData':
      return new ScannedBlock(grammar.bytes, start, end, grammar.payloadStart);
    case 'reset':
      return { kind, start, end };
    case 'exception': {
      const thrown = thrownIn(grammar, source);
      const aborted: Extent = { start, end: grammar.exceptionStart };
      return aborted.end > start ? { kind, start, end, thrown, aborted } : { kind, start, end, thrown };
    }
    case 'opaque':
      return {
        kind,
        start,
        end,
        reason: grammar.opacity?.reason ?? 'torn',
        className: grammar.opacity?.className ?? '',
      };
    case 'end':
      return undefined;
  }
}

function thrownIn(grammar: Grammar, source: ScanSource): ScannedValue {
  const epoch = grammar.exceptionTable as HandleTable;
  return new ScannedValue(source, epoch, grammar.exceptionStart + 1, grammar.offset, 0);
}

/** Walks again over what an Externalizable wrote: the same bytes, so the same handles. */
function annotationGrammar(object: ScannedValue): Grammar {
  const { epoch, source, desc, handle } = object;
  if (desc?.externalizable !== true || epoch.kind(handle) !== HandleKind.OBJECT) {
    throw new TribesError('TRIBES_E_JAVA_UNEXPECTED', {
      expected: 'an Externalizable',
      found: object.className ?? 'null',
      where: `offset ${object.start}`,
    });
  }
  const classStart = epoch.start(handle) + 1;
  const offset =
    desc.handle < handle && epoch.start(desc.handle) === classStart ? epoch.end(desc.handle) : classStart + 5;
  const table = epoch.fork({
    handles: handle + 1,
    events: epoch.eventAt(offset, epoch.definition(handle)),
    descriptors: epoch.descriptors.filter((known) => known.handle < handle).length,
  });
  return Grammar.ofAnnotation(source.bytes, source.limits, { offset, table, decisions: source.decisions });
}
