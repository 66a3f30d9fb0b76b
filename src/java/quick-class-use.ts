import type { KnownClass } from './known-classes.js';
import { QuickOnlooker } from './quick-onlooker.js';
import { UNFAMILIAR } from './unfamiliar.js';

class CommonClasses extends QuickOnlooker {
  private isCommon: (name: string) => boolean = () => false;

  isOneCommonValue(stream: Buffer, isCommon: (name: string) => boolean): boolean {
    this.isCommon = isCommon;
    return this.walk(stream) === 1;
  }

  protected describes(handle: number): void {
    for (
      let known: KnownClass | null = this.handles.classOf(handle);
      known !== null;
      known = known.superClass
    ) {
      if (!known.is(this.isCommon)) {
        throw UNFAMILIAR;
      }
    }
  }
}

const walker = new CommonClasses();

/**
 * Whether a stream holds one value, of classes only that `isCommon` says everybody has, as far as that can be told quickly:
 * then `classesUsed` has nothing to say of it. False says nothing.
 */
export function isOneCommonValue(stream: Buffer, isCommon: (name: string) => boolean): boolean {
  return walker.isOneCommonValue(stream, isCommon);
}
