import { TypeCode } from './constants.js';
import { QuickKind } from './quick-handles.js';
import { QuickWalker } from './quick-walker.js';
import { UNFAMILIAR } from './unfamiliar.js';

/** Looks at streams of values that are as most are. Nothing is cut or copied. */
export abstract class QuickOnlooker extends QuickWalker {
  /** A class descriptor that is no reference begins at `start`, and was passed: its handle. */
  protected abstract describes(handle: number, start: number): void;

  protected override beginCut(): void {
    // Nothing is cut.
  }

  protected override flush(): void {
    // Nothing is copied.
  }

  /** What is referred to stays where it is; a descriptor is no value of which anything is known. */
  protected override refer(handle: number): void {
    if (this.handles.kind(handle) === QuickKind.DESC) {
      throw UNFAMILIAR;
    }
  }

  protected override referDescriptor(): void {
    // It stays where it is, too.
  }

  protected override descriptor(start: number): number {
    const handle = super.descriptor(start);
    if (this.bytes[start] !== TypeCode.REFERENCE) {
      this.describes(handle, start);
    }
    return handle;
  }
}
