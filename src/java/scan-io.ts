import { TribesError, defaultJavaLimits, type JavaLimits } from '../base/index.js';
import { BlockInput, type Ahead } from './block-input.js';
import type { ObjectInput } from './object-input.js';
import type { ScannedContent, ScannedValue } from './scanned-value.js';
import { StreamScanner } from './scanner.js';

/**
 * Reads a stream, or what an Externalizable wrote, scanning it as it is read: every object is a `ScannedValue`.
 * Reading into what is opaque is TRIBES_E_JAVA_OPAQUE.
 *
 * Errors of scanning come when the content that has them is reached; of a `ScannedValue` that is no Externalizable:
 * TRIBES_E_JAVA_UNEXPECTED.
 */
export function scanInput(
  from: Buffer | ScannedValue,
  limits: JavaLimits = defaultJavaLimits,
): ObjectInput<ScannedValue> {
  return new ScanInput(new StreamScanner(from, limits));
}

class ScanInput extends BlockInput<ScannedValue> {
  private readonly scanner: StreamScanner;
  private content: ScannedContent | undefined;

  constructor(scanner: StreamScanner) {
    super();
    this.scanner = scanner;
  }

  protected ahead(): Ahead {
    this.content ??= this.scanner.next();
    switch (this.content?.kind) {
      case undefined:
        return 'end';
      case 'blockData':
        return 'primitive';
      case 'reset':
      case 'exception':
        return this.content.kind;
      default:
        return 'object';
    }
  }

  protected takeRecord(): void {
    const { content } = this;
    this.content = undefined;
    if (content?.kind === 'blockData') {
      this.enter(content.stream, content.payloadStart, content.end);
    }
  }

  protected takeReset(): void {
    this.content = undefined;
  }

  protected takeException(): void {
    this.content = undefined;
  }

  protected takeObject(): void {
    this.content = undefined;
  }

  protected classNameAhead(): string | null {
    return this.objectAhead().className;
  }

  protected stringOf(value: ScannedValue): string | null | undefined {
    return value.kind === 'null' ? null : value.text;
  }

  protected integerOf(value: ScannedValue): number | undefined {
    const offset = value.boxOffset('java.lang.Integer', 4);
    return offset === undefined ? undefined : value.source.bytes.readInt32BE(offset);
  }

  protected longOf(value: ScannedValue): bigint | undefined {
    const offset = value.boxOffset('java.lang.Long', 8);
    return offset === undefined ? undefined : value.source.bytes.readBigInt64BE(offset);
  }

  protected booleanOf(value: ScannedValue): boolean | undefined {
    const offset = value.boxOffset('java.lang.Boolean', 1);
    return offset === undefined ? undefined : value.source.bytes[offset] !== 0;
  }

  protected where(): string {
    return `offset ${this.content?.start ?? this.scanner.offset}`;
  }

  protected objectAhead(): ScannedValue {
    const { content } = this;
    if (content?.kind === 'value') {
      return content.value;
    }
    const { reason, className } =
      content?.kind === 'opaque' ? content : { reason: 'torn' as const, className: '' };
    throw new TribesError('TRIBES_E_JAVA_OPAQUE', { reason, className, offset: content?.start ?? 0 });
  }
}
