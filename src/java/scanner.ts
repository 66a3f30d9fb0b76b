import { TribesError, defaultJavaLimits, type JavaLimits } from '../base/index.js';
import { Grammar } from './grammar.js';
import { HandleKind, type HandleTable } from './handle-table.js';
import { ScannedValue, type Extent, type ScanSource, type ScannedContent } from './scanned-value.js';

/** A whole stream, scanned. */
export interface ScannedStream {
  readonly contents: readonly ScannedContent[];
  /** The values among them, in order. */
  readonly values: readonly ScannedValue[];
}

/**
 * Walks a whole stream without building anything. Errors: TRIBES_E_JAVA_HEADER, TRIBES_E_JAVA_TRUNCATED,
 * TRIBES_E_JAVA_UNEXPECTED, TRIBES_E_JAVA_LIMIT. What cannot be understood without its class is the last content, of
 * kind `opaque`.
 */
export function scanStream(bytes: Buffer, limits: JavaLimits = defaultJavaLimits): ScannedStream {
  const scanner = new StreamScanner(bytes, limits);
  const contents: ScannedContent[] = [];
  const values: ScannedValue[] = [];
  for (let content = scanner.next(); content !== undefined; content = scanner.next()) {
    if (contents.push(content) > limits.maxContents) {
      scanner.exceeds('maxContents');
    }
    if (content.kind === 'value') {
      values.push(content.value);
    }
  }
  return { contents, values };
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
    const { grammar } = this;
    const { table } = grammar;
    const firstHandle = table.count;
    const firstEvent = table.eventCount;
    const kind = grammar.next();
    const start = grammar.contentStart;
    const end = grammar.offset;
    if (grammar.maxDepth > this.source.maxDepth) {
      this.source.maxDepth = grammar.maxDepth;
    }
    switch (kind) {
      case 'value': {
        const epoch = this.knownEpoch ?? table;
        const { count, eventCount } = table;
        const value = new ScannedValue(
          this.source,
          epoch,
          start,
          end,
          firstHandle,
          count,
          firstEvent,
          eventCount,
        );
        return { kind, start, end, value };
      }
      case 'blockData':
        return { kind, start, end, bytes: grammar.bytes.subarray(grammar.payloadStart, end) };
      case 'reset':
        return { kind, start, end };
      case 'exception': {
        const thrown = this.thrown(end);
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

  /** Raises the error of `limit`. */
  exceeds(limit: keyof JavaLimits): never {
    this.grammar.exceeds(limit);
  }

  private thrown(end: number): ScannedValue {
    const epoch = this.grammar.exceptionTable as HandleTable;
    const start = this.grammar.exceptionStart + 1;
    return new ScannedValue(this.source, epoch, start, end, 0, epoch.count, 0, epoch.eventCount);
  }
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
