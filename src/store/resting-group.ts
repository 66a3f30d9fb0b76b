import type { ShareGroup } from '../base/index.js';
import type { GroupNames } from './record-head.js';
import { asItIs, type RestingStream, type StreamCodec } from './stream-codec.js';

/**
 * A group as it rests. Its stream is made whenever somebody looks, and not kept: whoever looks at every session would have all of
 * them in memory.
 */
export class RestingGroup implements ShareGroup {
  readonly names: readonly string[];
  readonly uncut?: true;
  readonly resting: RestingStream;
  readonly #codec: StreamCodec;

  constructor({ names, uncut }: GroupNames, resting: RestingStream, codec: StreamCodec) {
    this.names = names;
    if (uncut !== undefined) {
      this.uncut = uncut;
    }
    this.resting = resting;
    this.#codec = codec;
  }

  get stream(): Buffer {
    return this.#codec.unpackOnce(this.resting);
  }
}

/** What stands for the group where nothing is packed for it. */
export function restingOf(group: ShareGroup): RestingStream {
  return group instanceof RestingGroup ? group.resting : asItIs(group.stream);
}
