import { TypeCode } from './constants.js';
import { DescriptorGrammar } from './descriptor-grammar.js';
import { Frame } from './frame-stack.js';
import { HandleKind, HandleTable } from './handle-table.js';
import { ClassFlags } from './model.js';
import { Opacity } from './opacity.js';
import { NOT_AN_ARRAY, STEP_SIZE, Step, VALUE_CELLS, type ScannedDesc } from './scanned-desc.js';

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
      this.table = new HandleTable();
    }
    this.builder?.reset();
  }

  /** Lets the innermost frames go on until one needs a value; false when the value of the top level is complete. */
  protected advance(): boolean {
    for (;;) {
      switch (this.frames.kind) {
        case Frame.TOP_LEVEL: {
          const wanted = this.frames.first;
          this.frames.first = 0;
          return wanted === 1;
        }
        case Frame.ARRAY: {
          const left = this.frames.second;
          if (left > 0) {
            this.frames.second = left - 1;
            return true;
          }
          this.close();
          break;
        }
        case Frame.OBJECT:
          if (this.advanceObject()) {
            return true;
          }
          break;
        case Frame.ANNOTATION:
          if (this.advanceAnnotation()) {
            return true;
          }
          break;
        default: {
          const desc = this.table.descriptors[this.frames.first] as ScannedDesc;
          this.frames.pop();
          this.descriptor(desc);
        }
      }
    }
  }

  /** True when a field needs a value; false when an annotation was opened or the object ended. */
  private advanceObject(): boolean {
    const { frames } = this;
    const steps = (this.table.desc(frames.first) as ScannedDesc).steps;
    let at = frames.second;
    const left = frames.third;
    if (left > 0) {
      const maybeNone = steps[at - STEP_SIZE] === Step.VALUES_OR_NONE;
      if (!maybeNone || !this.endsFields(steps[at - 1] as number)) {
        frames.third = left - 1;
        return true;
      }
    }
    frames.third = 0;
    for (;;) {
      const count = steps[at + 1] as number;
      const place = steps[at + 2] as number;
      const step = steps[at];
      at += STEP_SIZE;
      switch (step) {
        case Step.PRIMITIVES: {
          const start = this.claim(count, 'primitive fields');
          this.builder?.primitives(place, start, start + count);
          break;
        }
        case Step.VALUES:
        case Step.VALUES_OR_NONE:
          if (step === Step.VALUES_OR_NONE && this.endsFields(place)) {
            break;
          }
          this.builder?.beginValues(place);
          frames.second = at;
          frames.third = count - 1;
          return true;
        case Step.FIELDS_OR_NONE:
          frames.second = at;
          if (this.annotationMayFollow && this.skipsFields()) {
            this.builder?.noFields(place);
            at = count;
          }
          break;
        case Step.ANNOTATION:
          frames.second = at;
          this.push(Frame.ANNOTATION, 0, 0, 0);
          this.builder?.beginAnnotation(place);
          return false;
        default:
          this.close();
          return false;
      }
    }
  }

  /** In a class whose fields are all values: a block, or the end, where a value should stand, shows that it wrote none. */
  private endsFields(place: number): boolean {
    const code = this.peekByte('a field');
    if (code !== TypeCode.ENDBLOCKDATA && code !== TypeCode.BLOCKDATA && code !== TypeCode.BLOCKDATALONG) {
      return false;
    }
    this.builder?.noFields(place);
    return true;
  }

  /** True when a value stands next. */
  private advanceAnnotation(): boolean {
    for (;;) {
      const code = this.peekByte('a content or the end of an annotation');
      switch (code) {
        case TypeCode.BLOCKDATA:
        case TypeCode.BLOCKDATALONG:
          this.blockData(code);
          break;
        case TypeCode.ENDBLOCKDATA:
          this.offset++;
          this.frames.pop();
          this.builder?.end();
          if (this.speculating) {
            this.annotationEnded();
          }
          return false;
        default:
          return true;
      }
    }
  }

  /** Ends the innermost array or object. */
  private close(): void {
    this.table.finish(this.frames.first, this.offset);
    this.frames.pop();
    this.builder?.end();
  }

  protected value(): void {
    const start = this.offset;
    const code = this.peekByte('a value');
    this.countStep();
    switch (code) {
      case TypeCode.NULL:
        this.offset = start + 1;
        this.builder?.nullValue();
        break;
      case TypeCode.REFERENCE: {
        const handle = this.handle();
        this.builder?.reference(handle);
        break;
      }
      case TypeCode.STRING:
      case TypeCode.LONGSTRING:
        this.string(code);
        break;
      case TypeCode.OBJECT:
      case TypeCode.ARRAY:
      case TypeCode.CLASS:
      case TypeCode.ENUM:
        this.classed(code);
        break;
      case TypeCode.CLASSDESC:
      case TypeCode.PROXYCLASSDESC:
        this.push(Frame.CLASS_WANTED, code, 0, 0);
        this.descriptor(null);
        break;
      case TypeCode.EXCEPTION:
        this.exception();
        break;
      default:
        this.unexpected('a value');
    }
  }

  protected blockData(code: number): void {
    const start = this.offset;
    this.countStep();
    const long = code === TypeCode.BLOCKDATALONG;
    this.claim(long ? 5 : 2, 'the length of block data');
    const length = long ? this.int(start + 1) : (this.bytes[start + 1] as number);
    if (length < 0) {
      this.fail('a length of block data', String(length), start + 1);
    }
    this.payloadStart = this.claim(length, 'block data');
    this.builder?.blockData(this.payloadStart, this.offset, long);
  }

  private string(code: number): void {
    const start = this.offset;
    const handle = this.hiddenString(code);
    this.builder?.string(handle, start, this.offset);
  }

  private exception(): void {
    this.exceptionStart = this.offset++;
    this.beginEpoch();
    this.builder?.abort();
    this.frames.clear();
    this.frames.push(Frame.TOP_LEVEL, 1, 0, 0);
    // ObjectInputStream.readFatalException: an object follows.
    if (this.peekByte('the exception') !== TypeCode.OBJECT) {
      this.unexpected('the exception');
    }
  }

  /** What begins with a class descriptor. */
  private classed(code: number): void {
    const event = this.table.announce(this.offset++);
    if (this.peekByte('a class descriptor') === TypeCode.REFERENCE) {
      this.instance(code, event, this.descriptorReference());
      return;
    }
    this.push(Frame.CLASS_WANTED, code, event, 0);
    this.descriptor(null);
  }

  protected override instance(code: number, event: number, desc: ScannedDesc | null): void {
    if (code === TypeCode.CLASS) {
      const handle = this.define(HandleKind.CLASS, event, desc);
      this.table.finish(handle, this.offset);
      this.builder?.classObject(handle, desc);
      return;
    }
    if (desc === null) {
      this.fail('a class descriptor', 'null', this.offset - 1);
    }
    if (code === TypeCode.OBJECT) {
      this.object(event, desc);
    } else if (code === TypeCode.ARRAY) {
      this.array(event, desc);
    } else {
      const handle = this.define(HandleKind.ENUM, event, desc);
      const nameCode = this.peekByte('the name of an enum constant');
      // ObjectInputStream.readEnum takes no reference here, and writeEnum writes none.
      if (nameCode !== TypeCode.STRING && nameCode !== TypeCode.LONGSTRING) {
        this.unexpected('the name of an enum constant');
      }
      const start = this.offset;
      this.hiddenString(nameCode);
      this.table.finish(handle, this.offset);
      this.builder?.enumConstant(handle, desc, start, this.offset);
    }
  }

  private object(event: number, desc: ScannedDesc): void {
    const handle = this.define(HandleKind.OBJECT, event, desc);
    if (desc.externalizable && (desc.flags & ClassFlags.BLOCK_DATA) === 0) {
      throw new Opacity('externalizable-v1', desc.className);
    }
    if (this.builder === null && desc.primitiveBytes >= 0) {
      this.claim(desc.primitiveBytes, 'primitive fields');
      this.table.finish(handle, this.offset);
      return;
    }
    this.push(Frame.OBJECT, handle, 0, 0);
    this.builder?.beginObject(handle, desc);
  }

  private array(event: number, desc: ScannedDesc): void {
    const size = desc.cellSize;
    if (size === NOT_AN_ARRAY) {
      this.fail('an array class', desc.className, this.offset);
    }
    const handle = this.define(
      size === VALUE_CELLS ? HandleKind.ARRAY : HandleKind.PRIMITIVE_ARRAY,
      event,
      desc,
    );
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
      this.push(Frame.ARRAY, handle, length, 0);
      this.builder?.beginArray(handle, desc);
    } else {
      const start = this.claim(length * size, 'the cells of an array');
      this.table.finish(handle, this.offset);
      this.builder?.primitiveArray(handle, desc, start, this.offset);
    }
  }

  /** What stands next can begin a content or end an annotation. */
  private get annotationMayFollow(): boolean {
    const code = this.peekByte('fields or an annotation');
    return code >= TypeCode.NULL && code <= TypeCode.ENUM && code !== TypeCode.RESET;
  }
}
