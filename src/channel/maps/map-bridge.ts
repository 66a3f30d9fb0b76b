import type { Member } from '../../membership/index.js';

/** Told by a map what others do to its entries: see `LazyReplicatedMapParts.bridge`. */
export interface MapBridge {
  /** A member of this map is the primary of the entry, and does not only stand for it. */
  claimed(key: string, by: Member): void;
  /** A member of this map has removed the entry. False: that does not count, and the map says again that it holds it. */
  mayRemove(key: string, by: Member): boolean;
  /**
   * A member of this map asks for the value of an entry that is held.
   *
   * @param done to be called when there is one to be given, or none.
   */
  wanted(key: string, done: (isThere: boolean) => void): void;
  /** Whether the entry lives in another map: then nobody here inherits it. */
  livesElsewhere(key: string): boolean;
}
