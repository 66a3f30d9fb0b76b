/** What a member is known by. */
export interface Identity {
  readonly port: number;
  /** 32 hexadecimal digits. */
  readonly uniqueId: string;
}

/** An entry as one member has it. Members are named by their ports. */
export interface HeldEntry {
  readonly key: string;
  readonly role: string;
  readonly primary: number | null;
  readonly backups: readonly number[];
  /** Null where it has no value, whether or not it knows who has. */
  readonly text: string | null;
}

/** Ports of the backups that have what was written; undefined when the writer is not the primary. */
export type Written = readonly number[] | undefined;

/** Somebody who plays a part in a history: one of ours, or Java. */
export interface HistoryMember {
  readonly identity: Identity;
  /** A member can be reached, as a membership tells of it. */
  come(other: Identity): Promise<void>;
  /** A member cannot be reached any more, as a membership tells of it. */
  go(other: Identity): Promise<void>;
  /** Nothing that is sent reaches it. */
  cut(other: Identity): Promise<void>;
  mend(other: Identity): Promise<void>;
  /** @param loss chance of a message of its to be lost, and of its acknowledgement; 0 in the beginning. */
  disturb(loss: number): Promise<void>;
  /** Resolves when it has the map. */
  join(): Promise<void>;
  put(key: string, text: string): Promise<Written>;
  /** Takes the entry over, and changes its value. */
  change(key: string, text: string): Promise<Written>;
  remove(key: string): Promise<void>;
  /** What it has; nobody notices. */
  dump(): Promise<readonly HeldEntry[]>;
  /** Dies without a goodbye. */
  crash(): Promise<void>;
}

export interface MemberOptions {
  /** No two members have the same. */
  readonly name: string;
  /** Of the chances of its network. */
  readonly seed: number;
}
