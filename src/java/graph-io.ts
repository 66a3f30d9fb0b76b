import { TribesError } from '../base/index.js';
import { BlockInput, type Ahead } from './block-input.js';
import { BlockOutput } from './block-output.js';
import { boxed, hasOneBox } from './boxes.js';
import { isValue } from './contents.js';
import { classNameOf } from './graph.js';
import type {
  JavaClassDesc,
  JavaContent,
  JavaFieldValue,
  JavaObject,
  JavaValue,
  OpaqueBytes,
} from './model.js';
import type { ObjectInput, ObjectOutput } from './object-input.js';

/**
 * Reads the contents of a stream, or of the annotation of an object, in order. With `opaque`, reading on behind the
 * contents is TRIBES_E_JAVA_OPAQUE instead of TRIBES_E_JAVA_TRUNCATED.
 */
export function graphInput(contents: readonly JavaContent[], opaque?: OpaqueBytes): ObjectInput<JavaValue> {
  return new GraphInput(contents, opaque);
}

/** Makes contents for a stream, or for the annotation of an object. */
export function graphOutput(): GraphOutput {
  return new GraphContents();
}

export interface GraphOutput extends ObjectOutput<JavaValue> {
  /** What was written so far; ends the block-data record that is open. */
  contents(): JavaContent[];
}

class GraphInput extends BlockInput<JavaValue> {
  private readonly contents: readonly JavaContent[];
  private readonly opaque: OpaqueBytes | undefined;
  private next = 0;

  constructor(contents: readonly JavaContent[], opaque: OpaqueBytes | undefined) {
    super();
    this.contents = contents;
    this.opaque = opaque;
  }

  protected ahead(): Ahead {
    const content = this.contents[this.next];
    if (content === undefined) {
      return this.opaque === undefined ? 'end' : 'object';
    }
    if (isValue(content)) {
      return 'object';
    }
    return content.kind === 'blockData' ? 'primitive' : content.kind;
  }

  protected takeRecord(): void {
    const content = this.contents[this.next++];
    if (content?.kind === 'blockData') {
      this.enter(content.bytes, 0, content.bytes.length);
    }
  }

  protected takeReset(): void {
    this.next++;
  }

  protected takeException(): void {
    this.next++;
  }

  protected takeObject(): void {
    this.next++;
  }

  protected classNameAhead(): string | null {
    return classNameOf(this.objectAhead());
  }

  protected stringOf(value: JavaValue): string | null | undefined {
    return value === null ? null : value.kind === 'string' ? value.value : undefined;
  }

  protected integerOf(value: JavaValue): number | undefined {
    const content = boxContent(value, 'java.lang.Integer');
    return typeof content === 'number' ? content : undefined;
  }

  protected longOf(value: JavaValue): bigint | undefined {
    const content = boxContent(value, 'java.lang.Long');
    return typeof content === 'bigint' ? content : undefined;
  }

  protected booleanOf(value: JavaValue): boolean | undefined {
    const content = boxContent(value, 'java.lang.Boolean');
    return typeof content === 'boolean' ? content : undefined;
  }

  protected where(): string {
    return `content ${this.next}`;
  }

  protected objectAhead(): JavaValue {
    const content = this.contents[this.next];
    if (content === undefined && this.opaque !== undefined) {
      throw new TribesError('TRIBES_E_JAVA_OPAQUE', this.opaque);
    }
    return content as JavaValue;
  }
}

function boxContent(value: JavaValue, className: string): JavaFieldValue | undefined {
  return value?.kind === 'object' && classNameOf(value) === className
    ? value.parts.at(-1)?.values?.[0]
    : undefined;
}

class GraphContents extends BlockOutput<JavaValue> implements GraphOutput {
  private readonly written: JavaContent[] = [];
  private readonly boxes = new Map<string, JavaObject>();

  contents(): JavaContent[] {
    this.flush();
    return [...this.written];
  }

  protected putRecord(bytes: Buffer): void {
    this.written.push({ kind: 'blockData', bytes: Buffer.from(bytes) });
  }

  protected putObject(value: JavaValue): void {
    this.written.push(value);
  }

  protected putString(value: string | null): void {
    this.written.push(value === null ? null : { kind: 'string', value });
  }

  protected putBox(desc: JavaClassDesc, value: number | bigint | boolean): void {
    const key = `${desc.name.value} ${value}`;
    const box = this.boxes.get(key) ?? boxed(desc, value);
    if (hasOneBox(value)) {
      this.boxes.set(key, box);
    }
    this.written.push(box);
  }
}
