import { TribesError, defaultJavaLimits, type JavaLimits } from '../base/index.js';
import { isValue } from './contents.js';
import { GraphBuilder } from './graph-builder.js';
import { Grammar } from './grammar.js';
import type { JavaContent, JavaException, JavaStream, JavaValue } from './model.js';

/**
 * The object graph of a whole stream. `writeStream` gives the same bytes again. Block data, primitive arrays and texts
 * kept as bytes are views of `bytes`, not copies.
 *
 * Errors: TRIBES_E_JAVA_HEADER, TRIBES_E_JAVA_TRUNCATED, TRIBES_E_JAVA_UNEXPECTED, TRIBES_E_JAVA_LIMIT. What cannot be
 * understood without its class is no error but `opaque` of the result.
 */
export function readStream(bytes: Buffer, limits: JavaLimits = defaultJavaLimits): JavaStream {
  const builder = new GraphBuilder(bytes);
  const grammar = Grammar.ofStream(bytes, limits, builder);
  const contents: JavaContent[] = [];
  for (;;) {
    const kind = grammar.next();
    if (contents.length === limits.maxContents && kind !== 'end') {
      grammar.exceeds('maxContents');
    }
    switch (kind) {
      case 'value':
      case 'blockData':
        contents.push(builder.take());
        break;
      case 'reset':
        contents.push({ kind: 'reset' });
        break;
      case 'exception':
        contents.push(exceptionOf(grammar, builder.take() as JavaValue));
        break;
      case 'opaque': {
        const { contentStart: offset, opacity } = grammar;
        const reason = opacity?.reason ?? 'torn';
        const className = opacity?.className ?? '';
        return { contents, opaque: { reason, offset, bytes: bytes.subarray(offset), className } };
      }
      case 'end':
        return { contents };
    }
  }
}

/** The value of a stream that holds nothing else. Errors as `readStream`, and TRIBES_E_JAVA_OPAQUE. */
export function readObject(bytes: Buffer, limits: JavaLimits = defaultJavaLimits): JavaValue {
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

function exceptionOf(grammar: Grammar, thrown: JavaValue): JavaException {
  const { contentStart, exceptionStart } = grammar;
  return exceptionStart === contentStart
    ? { kind: 'exception', thrown }
    : { kind: 'exception', thrown, aborted: grammar.bytes.subarray(contentStart, exceptionStart) };
}
