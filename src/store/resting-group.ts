import type { ShareGroup } from '../base/index.js';
import type { GroupNames } from './record-head.js';
import { asItIs, type RestingStream, type StreamCodec } from './stream-codec.js';

/** A group as it rests: its stream is made when somebody looks. */
export class RestingGroup implements ShareGroup {
  readonly names: readonly string[];
  readonly uncut?: true;
  readonly resting: RestingStream;
  readonly #codec: StreamCodec;
  #stream: Buffer | undefined;

  constructor({ names, uncut }: GroupNames, resting: RestingStream, codec: StreamCodec) {
    this.names = names;
    if (uncut !== undefined) {
      this.uncut = uncut;
    }
    this.resting = resting;
    this.#codec = codec;
  }

  get stream(): Buffer {
    return (this.#stream ??= this.#codec.unpackOnce(this.resting));
  }
}

/** What stands for the group where nothing is packed for it. */
export function restingOf(group: ShareGroup): RestingStream {
  return group instanceof RestingGroup ? group.resting : asItIs(group.stream);
}
