import { TypeCode } from './constants.js';
import { DescriptorGrammar } from './descriptor-grammar.js';
import { Frame } from './frame-stack.js';
import { HandleKind, HandleTable } from './handle-table.js';
import { ClassFlags } from './model.js';
import { Opacity } from './opacity.js';
import { STEP_SIZE, Step } from './layout.js';
import { NOT_AN_ARRAY, VALUE_CELLS, type ScannedDesc } from './scanned-desc.js';

// What is imported is looked up each time that it is used; what stands here becomes part of the compiled code.
const {
  ARRAY,
  BLOCKDATA,
  BLOCKDATALONG,
  CLASS,
  CLASSDESC,
  ENDBLOCKDATA,
  ENUM,
  EXCEPTION,
  LONGSTRING,
  NULL,
  OBJECT,
  PROXYCLASSDESC,
  REFERENCE,
  RESET,
  STRING,
} = TypeCode;
const In = Frame;
const Do = Step;
const Kind = HandleKind;

/** The grammar of values: an automaton with a stack of its own. */
export abstract class ValueGrammar extends DescriptorGrammar {
  /** Offset of TC_EXCEPTION when one ended the content, else -1. */
  exceptionStart = -1;
  /** Where the payload of the block data begins that was taken last. */
  payloadStart = 0;
  /** Array cells so far. */
  protected cells = 0;

  /** Whether the class whose data stand next skipped its fields, where the bytes do not tell at once. */
  protected abstract skipsFields(): boolean;
  /** An annotation ended while looking ahead. */
  protected abstract annotationEnded(): void;

  protected beginEpoch(): void {
    if (this.table.eventCount > 0) {
      this.table = HandleTable.ofStream(this.end - this.offset);
    }
    this.builder?.reset();
  }

  /** Lets the innermost frame go on until it ends, or until another is opened within it. */
  protected advance(): void {
    switch (this.frames.kind) {
      case In.ARRAY:
        this.advanceArray();
        break;
      case In.OBJECT:
        this.advanceObject();
        break;
      case In.ANNOTATION:
        this.advanceAnnotation();
        break;
      default:
        this.resumeDescriptor();
    }
  }

  private advanceArray(): void {
    const { frames } = this;
    for (let left = frames.second; left > 0; left--) {
      frames.second = left - 1;
      if (this.value()) {
        return;
      }
    }
    this.close();
  }

  private advanceObject(): void {
    const { frames } = this;
    const { steps } = (this.table.desc(frames.first) as ScannedDesc).layout;
    let at = frames.second;
    if (
      frames.third > 0 &&
      this.fieldValues(steps[at - STEP_SIZE] as number, frames.third, steps[at - 1] as number)
    ) {
      return;
    }
    for (;;) {
      const step = steps[at] as number;
      const count = steps[at + 1] as number;
      const place = steps[at + 2] as number;
      at += STEP_SIZE;
      switch (step) {
        case Do.PRIMITIVES: {
          const start = this.claim(count, 'primitive fields');
          this.builder?.primitives(place, start, start + count);
          break;
        }
        case Do.VALUES:
        case Do.VALUES_OR_NONE:
          if (step === Do.VALUES_OR_NONE && this.endsFields(place)) {
            break;
          }
          this.builder?.beginValues(place);
          frames.second = at;
          if (this.fieldValues(step, count, place)) {
            return;
          }
          break;
        case Do.FIELDS_OR_NONE:
          frames.second = at;
          if (this.annotationMayFollow && this.skipsFields()) {
            this.builder?.noFields(place);
            at = count;
          }
          break;
        case Do.ANNOTATION:
          frames.second = at;
          this.push(In.ANNOTATION, 0, 0, 0);
          this.builder?.beginAnnotation(place);
          this.advanceAnnotation();
          return;
        default:
          this.close();
          return;
      }
    }
  }

  /** Takes the values of so many fields of one step; true when one of them opened a frame. */
  private fieldValues(step: number, count: number, place: number): boolean {
    const { frames } = this;
    for (let left = count; left > 0; left--) {
      if (step === Do.VALUES_OR_NONE && this.endsFields(place)) {
        break;
      }
      frames.third = left - 1;
      if (this.value()) {
        return true;
      }
    }
    frames.third = 0;
    return false;
  }

  /** In a class whose fields are all values: a block, or the end, where a value should stand, shows that it wrote none. */
  private endsFields(place: number): boolean {
    const code = this.peekByte('a field');
    if (code !== ENDBLOCKDATA && code !== BLOCKDATA && code !== BLOCKDATALONG) {
      return false;
    }
    this.builder?.noFields(place);
    return true;
  }

  private advanceAnnotation(): void {
    for (;;) {
      const code = this.peekByte('a content or the end of an annotation');
      if (code === ENDBLOCKDATA) {
        this.offset++;
        this.frames.pop();
        this.builder?.end();
        if (this.speculating) {
          this.annotationEnded();
        }
        return;
      }
      if (code === BLOCKDATA || code === BLOCKDATALONG) {
        this.blockData(code);
      } else if (this.value()) {
        return;
      }
    }
  }

  /** Ends the innermost array or object. */
  private close(): void {
    this.table.finish(this.frames.first, this.offset);
    this.frames.pop();
    this.builder?.end();
  }

  /** Takes what stands next. True when that opened a frame, or ended all: the rest is for the innermost frame. */
  protected value(): boolean {
    const code = this.peekByte('a value');
    this.countStep();
    switch (code) {
      case NULL:
        this.offset++;
        this.builder?.nullValue();
        return false;
      case REFERENCE: {
        const handle = this.handle();
        this.builder?.reference(handle);
        return false;
      }
      case STRING:
      case LONGSTRING: {
        const start = this.offset;
        const handle = this.string(code);
        this.builder?.string(handle, start, this.offset);
        return false;
      }
      case OBJECT:
      case ARRAY:
      case CLASS:
      case ENUM:
        return this.classed(code);
      case CLASSDESC:
      case PROXYCLASSDESC:
        this.reach(this.frames.depth + 1);
        return this.descriptor(code, 0, null, 0);
      case EXCEPTION:
        this.exception();
        return true;
      default:
        return this.unexpected('a value');
    }
  }

  protected blockData(code: number): void {
    const start = this.offset;
    this.countStep();
    const long = code === BLOCKDATALONG;
    this.claim(long ? 5 : 2, 'the length of block data');
    const length = long ? this.int(start + 1) : (this.bytes[start + 1] as number);
    if (length < 0) {
      this.fail('a length of block data', String(length), start + 1);
    }
    this.payloadStart = this.claim(length, 'block data');
    this.builder?.blockData(this.payloadStart, this.offset, long);
  }

  private exception(): void {
    this.exceptionStart = this.offset++;
    this.beginEpoch();
    this.builder?.abort();
    this.frames.clear();
    // ObjectInputStream.readFatalException: an object follows.
    if (this.peekByte('the exception') !== OBJECT) {
      this.unexpected('the exception');
    }
    this.value();
  }

  /** What begins with a class descriptor. */
  private classed(code: number): boolean {
    const event = this.table.announce(this.offset++);
    if (this.peekByte('a class descriptor') === REFERENCE) {
      return this.instance(code, event, this.descriptorReference());
    }
    this.reach(this.frames.depth + 1);
    return this.descriptor(code, event, null, 0);
  }

  protected override instance(code: number, event: number, desc: ScannedDesc | null): boolean {
    if (code === CLASS) {
      const handle = this.define(Kind.CLASS, event, desc === null ? -1 : desc.index);
      this.table.finish(handle, this.offset);
      this.builder?.classObject(handle, desc);
      return false;
    }
    if (desc === null) {
      this.fail('a class descriptor', 'null', this.offset - 1);
    }
    if (code === OBJECT) {
      return this.object(event, desc);
    }
    if (code === ARRAY) {
      return this.array(event, desc);
    }
    this.enumConstant(event, desc);
    return false;
  }

  private enumConstant(event: number, desc: ScannedDesc): void {
    const handle = this.define(Kind.ENUM, event, desc.index);
    const nameCode = this.peekByte('the name of an enum constant');
    // ObjectInputStream.readEnum takes no reference here, and writeEnum writes none.
    if (nameCode !== STRING && nameCode !== LONGSTRING) {
      this.unexpected('the name of an enum constant');
    }
    const start = this.offset;
    this.string(nameCode);
    this.table.finish(handle, this.offset);
    this.builder?.enumConstant(handle, desc, start, this.offset);
  }

  private object(event: number, desc: ScannedDesc): boolean {
    const handle = this.define(Kind.OBJECT, event, desc.index);
    if (desc.externalizable && (desc.flags & ClassFlags.BLOCK_DATA) === 0) {
      throw new Opacity('externalizable-v1', desc.className);
    }
    const { primitiveBytes } = desc.layout;
    if (primitiveBytes >= 0) {
      const start = this.claim(primitiveBytes, 'primitive fields');
      this.table.finish(handle, this.offset);
      this.builder?.primitiveObject(handle, desc, start);
      return false;
    }
    this.push(In.OBJECT, handle, 0, 0);
    this.builder?.beginObject(handle, desc);
    return true;
  }

  private array(event: number, desc: ScannedDesc): boolean {
    const size = desc.cellSize;
    if (size === NOT_AN_ARRAY) {
      this.fail('an array class', desc.className, this.offset);
    }
    const handle = this.define(size === VALUE_CELLS ? Kind.ARRAY : Kind.PRIMITIVE_ARRAY, event, desc.index);
    const length = this.int(this.claim(4, 'the length of an array'));
    if (length < 0) {
      this.fail('the length of an array', String(length), this.offset - 4);
    }
    this.cells += length;
    if (this.cells > this.limits.maxArrayCells) {
      this.exceeds('maxArrayCells');
    }
    if (size === VALUE_CELLS) {
      this.checkLeft(length, 'the cells of an array');
      this.push(In.ARRAY, handle, length, 0);
      this.builder?.beginArray(handle, desc);
      return true;
    }
    const start = this.claim(length * size, 'the cells of an array');
    this.table.finish(handle, this.offset);
    this.builder?.primitiveArray(handle, desc, start, this.offset);
    return false;
  }

  /** What stands next can begin a content or end an annotation. */
  private get annotationMayFollow(): boolean {
    const code = this.peekByte('fields or an annotation');
    return code >= NULL && code <= ENUM && code !== RESET;
  }
}
