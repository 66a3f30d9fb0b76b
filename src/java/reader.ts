import { TribesError, completeLimits, defaultJavaLimits, type JavaLimits } from '../base/index.js';
import { isValue } from './contents.js';
import { GraphBuilder } from './graph-builder.js';
import { Grammar } from './grammar.js';
import type { JavaException, JavaStream, JavaValue, OpaqueBytes } from './model.js';

/**
 * The object graph of a whole stream. `writeStream` gives the same bytes again. Block data, primitive arrays and texts
 * kept as bytes are views of `bytes`, not copies, and what is not changed is written by copying it from there: `bytes` must
 * not change. Limits that are not given have their defaults.
 *
 * Errors: TRIBES_E_JAVA_HEADER, TRIBES_E_JAVA_TRUNCATED, TRIBES_E_JAVA_UNEXPECTED, TRIBES_E_JAVA_LIMIT;
 * TRIBES_E_LIBRARY_LIMIT. What cannot be understood without its class is no error but `opaque` of the result.
 */
export function readStream(bytes: Buffer, given?: Partial<JavaLimits>): JavaStream {
  const limits = completeLimits(defaultJavaLimits, given);
  const builder = new GraphBuilder(bytes);
  const grammar = Grammar.ofStream(bytes, limits, builder);
  const { contents } = builder;
  for (;;) {
    const kind = grammar.next();
    if (kind === 'end') {
      grammar.release();
      return { contents };
    }
    if (kind === 'opaque') {
      builder.abort();
      if (contents.length === limits.maxContents) {
        grammar.exceeds('maxContents');
      }
      return { contents, opaque: opaqueOf(grammar) };
    }
    if (kind === 'reset') {
      contents.push({ kind });
    } else if (kind === 'exception') {
      contents.push(exceptionOf(grammar, contents.pop() as JavaValue));
    }
    if (contents.length > limits.maxContents) {
      grammar.exceeds('maxContents');
    }
    builder.complete();
  }
}

/** The value of a stream that holds nothing else. Errors as `readStream`, and TRIBES_E_JAVA_OPAQUE. */
export function readObject(bytes: Buffer, limits?: Partial<JavaLimits>): JavaValue {
  const { contents, opaque } = readStream(bytes, limits);
  if (opaque !== undefined) {
    throw new TribesError('TRIBES_E_JAVA_OPAQUE', opaque);
  }
  const [content] = contents;
  if (content === undefined || contents.length > 1 || !isValue(content)) {
    const found = contents.length === 1 ? String(content?.kind) : `${contents.length} contents`;
    throw new TribesError('TRIBES_E_JAVA_UNEXPECTED', {
      expected: 'one object',
      found,
      where: 'the top level',
    });
  }
  return content;
}

function opaqueOf({ bytes, contentStart: offset, opacity }: Grammar): OpaqueBytes {
  const { reason, className } = opacity ?? { reason: 'torn' as const, className: '' };
  return { reason, offset, bytes: bytes.subarray(offset), className };
}

function exceptionOf(grammar: Grammar, thrown: JavaValue): JavaException {
  const { contentStart, exceptionStart } = grammar;
  return exceptionStart === contentStart
    ? { kind: 'exception', thrown }
    : { kind: 'exception', thrown, aborted: grammar.bytes.subarray(contentStart, exceptionStart) };
}
