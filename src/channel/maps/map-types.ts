import type { Member } from '../../membership/index.js';
import type { MapState } from '../../wire/index.js';

/**
 * What this node is to an entry of a replicated map (`AbstractReplicatedMap.MapEntry`).
 * - `primary`: it owns the entry, and sees that there is a backup.
 * - `backup`: it has the value as its primary last published it.
 * - `proxy`: it knows who has it.
 * - `held`: it stands for members that the others of this map cannot understand, and gets the value from there when somebody
 *   asks: to the others it says that it is primary and backup at once.
 */
export type MapRole = 'primary' | 'backup' | 'proxy' | 'held';

/**
 * What this node is to an entry of a full map. `primary`: it was the last to put or to read the entry. `copy`: another was; it
 * has the value all the same.
 */
export type FullMapRole = 'primary' | 'copy';

/** One entry of a map, apart from its value. */
export interface MapEntry<Role = MapRole> {
  readonly key: string;
  readonly role: Role;
  /** Null when the primary is gone and nobody has taken its place yet. */
  readonly primary: Member | null;
  /** The backup nodes; in a full map, all that have a copy. */
  readonly nodes: readonly Member[];
}

/** A MapMessage that came. */
export interface IncomingMapMessage {
  /** One of MapMessageType. */
  readonly msgtype: number;
  readonly key: string | null;
  /** The value as a Java stream. */
  readonly valuedata: Buffer | null;
  /** A change of the value; null when there is none. */
  readonly diff: Buffer | null;
  readonly primary: Member | null;
  readonly nodes: readonly Member[];
  /** When it was sent, epoch milliseconds of its sender. */
  readonly sentAt: number;
  /** Of an answer to PING. */
  readonly mapState?: string;
  /** Of an answer to STATE or STATE_COPY. */
  readonly entries?: readonly IncomingMapMessage[];
}

/** What a MapMessage to be sent carries. Whole values are read when they are written. */
export type MapContent =
  | { readonly kind: 'none' }
  | { readonly kind: 'whole' }
  | { readonly kind: 'diff'; readonly diff: Buffer }
  | { readonly kind: 'state'; readonly state: MapState }
  | { readonly kind: 'entries'; readonly entries: readonly OutgoingMapMessage[] };

/** A MapMessage to be sent. */
export interface OutgoingMapMessage {
  readonly msgtype: number;
  readonly key: string | null;
  readonly content: MapContent;
  readonly primary: Member | null;
  readonly nodes: readonly Member[] | null;
}

/** Names a send or a call of the map, of which it will be told what became. */
export type Ticket = number;

/** A call of somebody else that is to be answered: made by the shell, handed back by the map. */
export type CallToken = object;

/** What a map wants to be done, in this order. */
export type MapAction =
  | {
      readonly type: 'send';
      readonly ticket: Ticket;
      readonly to: readonly Member[];
      readonly message: OutgoingMapMessage;
    }
  | {
      readonly type: 'call';
      readonly ticket: Ticket;
      readonly to: readonly Member[];
      readonly message: OutgoingMapMessage;
      /** Whether one answer is enough. */
      readonly firstReply: boolean;
      readonly timeoutMs: number;
    }
  | {
      readonly type: 'reply';
      readonly call: CallToken;
      /** Null: an answer without content. `decline`: as one who does not know the map (NoRpcChannelReply). */
      readonly message: OutgoingMapMessage | 'decline' | null;
    };

/** What became of a send or a call. */
export interface MapOutcome {
  readonly delivered: readonly Member[];
  readonly faulty: readonly Member[];
}

/** Who has sent something of an entry, and when, epoch milliseconds of the sender. */
export interface MapStamp {
  readonly from: Member;
  readonly sentAt: number;
}

/** Values of a map, and what whoever uses it wants to know. No method may throw. */
export interface MapValues<Role = MapRole> {
  has(key: string): boolean;
  /** Takes a whole value; false when it cannot be read, or there is no room for it. */
  replace(key: string, valuedata: Buffer, stamp: MapStamp): boolean;
  /** Whether a whole value is newer than the one that is here. Default: none is. */
  isNewer?(key: string, valuedata: Buffer): boolean;
  /** Applies a change to the value; false when it cannot be applied. */
  apply(key: string, diff: Buffer, stamp: MapStamp): boolean;
  /** Somebody has used the entry (`ReplicatedMapEntry.accessEntry`). */
  accessed(key: string, stamp: MapStamp): void;
  /** The entry is over: `removed` by somebody, or `lost`, since nobody who had its value is left. */
  ended(key: string, why: 'removed' | 'lost'): void;
  /** Role, primary or backups of the entry have changed. */
  settled(entry: MapEntry<Role>): void;
}

/**
 * A replicated map as one of its members sees it: without I/O and without a clock. It is told what comes, and `takeActions`
 * says what is to be done. `now` is of a monotonic clock.
 */
export interface MapMachine {
  readonly state: MapState;
  entry(key: string): MapEntry<MapRole | FullMapRole> | undefined;
  /** What is to be done, since the call before. */
  takeActions(): MapAction[];
  /** Joins the map that the members of the channel have; `joined` is called when all have answered. */
  start(channelMembers: readonly Member[], now: number, joined: (now: number) => void): void;
  /** Says goodbye. */
  stop(channelMembers: readonly Member[]): void;
  /** A member has gone, or has the map no longer. */
  memberGone(member: Member, now: number): void;
  /** To be called every second, where there is anything to be done so often. `present`: all members of the channel, whether they can have the map or not. */
  tick?(present: readonly Member[], now: number): void;
  /** To be called every heartbeatSleeptime. */
  heartbeat(channelMembers: readonly Member[], now: number): void;
  /** Asks a member for its entries, as one who looks only. */
  poll(channelMembers: readonly Member[], now: number): void;
  /** A message of the map that is no call. */
  message(from: Member, message: IncomingMapMessage, now: number): void;
  /** A call that is to be answered. */
  request(from: Member, message: IncomingMapMessage, call: CallToken, now: number): void;
  /** An answer to a call of ours has come; null where it says nothing. */
  responded(ticket: Ticket, member: Member, message: IncomingMapMessage | null, now: number): void;
  /** A send or a call of ours has ended. */
  ended(ticket: Ticket, outcome: MapOutcome, now: number): void;
}

/** How a node takes part. `proxy`: as one who does not know the map, and looks only. */
export type MapPart = 'member' | 'proxy';
