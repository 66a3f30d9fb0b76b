import { STREAM_HEADER } from './constants.js';
import { QuickCutter } from './quick-cutter.js';
import { classes } from './quick-input.js';
import { UNFAMILIAR } from './unfamiliar.js';

const NOTHING = Buffer.alloc(0);

/** Walks over whole streams of values that are as most are. */
export abstract class QuickWalker extends QuickCutter {
  constructor() {
    super(classes);
  }

  /** The number of values in the stream; 0 where it is not as most are, which says nothing about it. */
  protected walk(stream: Buffer): number {
    this.begin(stream);
    let values = 0;
    try {
      if (stream.length > STREAM_HEADER.length && this.int(0) === STREAM_HEADER.readInt32BE(0)) {
        this.passOver(STREAM_HEADER.length);
        while (this.at < this.end) {
          this.cutValue();
          values++;
        }
      }
      return values;
    } catch (error) {
      if (error === UNFAMILIAR) {
        return 0;
      }
      throw error;
    } finally {
      this.bytes = NOTHING;
    }
  }
}
