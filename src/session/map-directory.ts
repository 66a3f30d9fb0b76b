import { isTribesError, type JavaLimits } from '../base/index.js';
import type { Channel, ReceivedMessage, RpcHandler } from '../channel/index.js';
import { readObject, type JavaValue } from '../java/index.js';
import type { Member, MemberKey } from '../membership/index.js';
import { isMirror } from './continuity/mirror-member.js';
import {
  ClassName,
  decodeRpcMessage,
  mapIdOf,
  mapMessageOf,
  MAP_NAME_ENCODING,
  messageClassName,
  messageLimitsOf,
} from '../wire/index.js';

/** Takes in one message of a map. Errors: those of the codecs. */
export type MapTaker = (message: ReceivedMessage, value: JavaValue) => void;

/** Keeps replicated maps of some sort. */
export interface MapKeeper {
  /** What takes the messages of the map that are no calls; undefined when it is none of this keeper's. */
  taker(mapId: Buffer): MapTaker | undefined;
  /** What takes the calls of a map that nobody here has joined yet; undefined when it is none of this keeper's. */
  discovered(mapId: Buffer): RpcHandler | undefined;
}

/** Name of a map at most, bytes: it comes from others. */
export const MAX_MAP_NAME_BYTES = 1024;

/** Maps that are not here and of which is known who has called them, and so many callers of each: both come from others. */
const MAX_CALLED = 256;
const MAX_CALLERS = 1024;

/** Who has called maps that are not here: what the calls show of their dialects is known from then on. */
export class MapCallers {
  readonly #callers = new Map<string, Set<MemberKey>>();

  of(name: string): ReadonlySet<MemberKey> {
    return this.#callers.get(name) ?? new Set();
  }

  add(mapId: Buffer, { key }: Member): void {
    const name = mapId.toString(MAP_NAME_ENCODING);
    const callers = this.#callers.get(name) ?? new Set();
    const hasRoom = this.#callers.has(name) || this.#callers.size < MAX_CALLED;
    if (mapId.length <= MAX_MAP_NAME_BYTES && hasRoom && callers.size < MAX_CALLERS) {
      this.#callers.set(name, callers.add(key));
    }
  }

  forget({ key }: Member): void {
    this.#callers.forEach((callers) => callers.delete(key));
  }
}

export interface MapDirectoryParts {
  readonly channel: Pick<Channel, 'discoverRpcServices' | 'observeDialect'>;
  readonly javaLimits: JavaLimits;
  readonly callers: MapCallers;
  /** In the order in which they are asked. */
  readonly keepers: readonly MapKeeper[];
}

/**
 * Brings messages of replicated maps to whoever keeps the map. Maps are found by the calls that reach us: every node that has one
 * calls all members of the channel, and again with each heartbeat.
 */
export class MapDirectory {
  readonly #parts: MapDirectoryParts;

  constructor(parts: MapDirectoryParts) {
    this.#parts = parts;
  }

  /** To be called before the channel starts. */
  listen(): void {
    this.#parts.channel.discoverRpcServices(({ rpcId }, message) =>
      this.#isMapCall(message) ? this.#discovered(rpcId, message) : undefined,
    );
  }

  /** Whether the message calls a replicated map; then it is known how the caller speaks, before anything is said to it. */
  #isMapCall({ payload, sender }: ReceivedMessage): boolean {
    try {
      const call = decodeRpcMessage(payload);
      const message: JavaValue = call.kind === 'request' ? call.message : null;
      const isMapMessage =
        message?.kind === 'object' &&
        message.desc.kind === 'classDesc' &&
        message.desc.name.value === ClassName.MAP_MESSAGE;
      if (isMapMessage && !isMirror(sender)) {
        mapMessageOf(message, (observation) => this.#parts.channel.observeDialect(sender, observation));
      }
      return isMapMessage;
    } catch (error) {
      if (isTribesError(error)) {
        return false;
      }
      throw error;
    }
  }

  #discovered(mapId: Buffer, { sender }: ReceivedMessage): RpcHandler | undefined {
    for (const keeper of this.#parts.keepers) {
      const handler = keeper.discovered(mapId);
      if (handler !== undefined) {
        return handler;
      }
    }
    this.#parts.callers.add(mapId, sender);
    return undefined;
  }

  /** What takes in the message, if it is one of a map of ours, and no call. Errors of what it returns: those of the codecs. */
  taker(message: ReceivedMessage): (() => void) | undefined {
    if (message.isByteMessage || messageClassName(message.payload) !== ClassName.MAP_MESSAGE) {
      return undefined;
    }
    const value = readObject(message.payload, messageLimitsOf(this.#parts.javaLimits));
    const take = this.#takerOf(mapIdOf(value));
    return take && (() => take(message, value));
  }

  #takerOf(mapId: Buffer | null): MapTaker | undefined {
    if (mapId === null) {
      return undefined;
    }
    for (const keeper of this.#parts.keepers) {
      const take = keeper.taker(mapId);
      if (take !== undefined) {
        return take;
      }
    }
    return undefined;
  }
}
