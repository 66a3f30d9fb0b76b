/**
 * Every bound on what the node accepts from others. Each can be set; each is checked before memory is allocated.
 * Documented in docs/limits.md.
 */

/** Bounds on one Java object stream. */
export interface JavaLimits {
  /** Length of the stream in bytes. */
  readonly maxBytes: number;
  /** Contents of the top level where they are collected. A scan that goes content by content has no such limit. */
  readonly maxContents: number;
  /** Nesting of objects, arrays, annotations and descriptors. */
  readonly maxDepth: number;
  /** Handles assigned between two resets. */
  readonly maxHandles: number;
  /** Class descriptors between two resets. */
  readonly maxDescriptors: number;
  /** Classes from one class up to its topmost serialisable superclass. */
  readonly maxHierarchy: number;
  /** Cells of all arrays of the stream, added up. */
  readonly maxArrayCells: number;
  /** Encoded length of one string in bytes. */
  readonly maxStringBytes: number;
  /** Steps of looking ahead to tell whether classes with writeObject (flags 03) skipped their default fields. */
  readonly maxBacktrackSteps: number;
  /** Length of what a cut emits in bytes: an object that is shared can be reached many times over. */
  readonly maxCutBytes: number;
}

/** In force unless the settings `java.max…` say otherwise. */
export const defaultJavaLimits: JavaLimits = {
  maxBytes: 2 ** 30,
  maxContents: 2 ** 20,
  maxDepth: 10_000,
  maxHandles: 2 ** 24,
  maxDescriptors: 2 ** 16,
  maxHierarchy: 128,
  maxArrayCells: 2 ** 28,
  maxStringBytes: 2 ** 28,
  maxBacktrackSteps: 10_000,
  maxCutBytes: 2 ** 28,
};

/** Bounds on what is shown of one Java value. What is beyond is cut, and the view says so. */
export interface ViewLimits {
  /** Nesting of containers and objects. */
  readonly maxViewDepth: number;
  /** Values shown. */
  readonly maxViewNodes: number;
  /** Length of all texts shown, added up, in UTF-16 units: a shared string can be met many times over. */
  readonly maxViewText: number;
}

/** In force unless the settings `java.maxView…` say otherwise. */
export const defaultViewLimits: ViewLimits = {
  maxViewDepth: 500,
  maxViewNodes: 1_000_000,
  maxViewText: 2 ** 26,
};

/** Bounds on what a peer may send. */
export interface TransportLimits {
  /** Data of one frame in bytes. A whole state comes as one frame unless the sender has `sendAllSessions="false"`. */
  readonly maxFrameBytes: number;
  /** Bytes of unfinished frames and unprocessed messages over all connections. */
  readonly maxBufferedBytes: number;
  /** Connections accepted at a time. */
  readonly maxConnections: number;
  /**
   * Milliseconds for which a frame may stay half received without any more of it coming. Within ten times that it has to end,
   * or to bring 64 KiB.
   */
  readonly halfFrameTimeoutMs: number;
  /**
   * Milliseconds for which a connection may bring nothing at all. One that has brought a message may rest for ever, as with
   * Tomcat's receiver: a sender that asks for no acknowledgement would lose the next message if it were closed.
   */
  readonly idleTimeoutMs: number;
}

export const defaultTransportLimits: TransportLimits = {
  maxFrameBytes: 2 ** 30,
  maxBufferedBytes: 2 ** 31,
  maxConnections: 4096,
  halfFrameTimeoutMs: 60_000,
  idleTimeoutMs: 60_000,
};

/** Bounds on what is believed of the group. */
export interface MembershipLimits {
  /** Members known at a time. */
  readonly maxMembers: number;
  /** Payload of one member in bytes. */
  readonly maxPayloadBytes: number;
}

export const defaultMembershipLimits: MembershipLimits = {
  maxMembers: 1024,
  maxPayloadBytes: 65_535,
};

/** Bounds on what interceptors make of the messages of others, and hold back of them. */
export interface ChannelLimits {
  /** Length in bytes of a message that was compressed or came in fragments. */
  readonly maxMessageBytes: number;
  /** Messages and fragments of one member that one interceptor holds back. */
  readonly maxHeldMessages: number;
  /** Their bytes. */
  readonly maxHeldBytes: number;
  /** Bytes of all members that one interceptor holds back. */
  readonly maxHeldBytesOfAll: number;
  /** Bytes of messages by multicast that are being processed; further ones are dropped meanwhile. */
  readonly maxBroadcastBytes: number;
}

export const defaultChannelLimits: ChannelLimits = {
  maxMessageBytes: 2 ** 30,
  maxHeldMessages: 65_536,
  maxHeldBytes: 2 ** 30,
  maxHeldBytesOfAll: 2 ** 31,
  maxBroadcastBytes: 2 ** 26,
};

/** Bounds on what the store keeps beside the sessions. */
export interface StoreLimits {
  /** Class descriptors in the dictionary. What does not fit rests undivided, and costs more room. */
  readonly maxDescriptors: number;
  /** Length of the dictionary in bytes. */
  readonly maxDescriptorBytes: number;
  /** What changes while sessions are being exported, in bytes: it is kept in memory as it was. */
  readonly maxSnapshotBytes: number;
  /** Changes that wait to be written, in bytes. */
  readonly dirtyBytes: number;
  /** Sessions that are kept at hand because they have been in use of late, in bytes. */
  readonly maxHotBytes: number;
}

export const defaultStoreLimits: StoreLimits = {
  maxDescriptors: 65_536,
  maxDescriptorBytes: 2 ** 26,
  maxSnapshotBytes: 2 ** 28,
  dirtyBytes: 2 ** 28,
  maxHotBytes: 2 ** 25,
};

/** Bounds on what the managers keep and remember of messages. Times in milliseconds. */
export interface SessionLimits {
  /** Contexts known at a time: their names come from others. */
  readonly maxContexts: number;
  /** How far back a message of the same sender counts as late; older ones mean that its clock was set back. */
  readonly orderWindowMs: number;
  /** Last changes remembered, one for each session, field and sender, in one context. */
  readonly maxRememberedChanges: number;
  /** How long an expired session stays buried. */
  readonly tombstoneMs: number;
  /** Tombstones in one context. */
  readonly maxTombstones: number;
  /** How long messages for the old id of a session find it. */
  readonly aliasMs: number;
  /** Aliases in one context. */
  readonly maxAliases: number;
  /** How long a message waits for its session. While states are being transferred it waits for the end of that. */
  readonly earlyMs: number;
  /** Bytes of messages that wait for their sessions, in one context. */
  readonly maxEarlyBytes: number;
  /** Messages that wait for their sessions, in one context. */
  readonly maxEarlyMessages: number;
  /** Bytes of transferred states that are acknowledged and not taken in yet, over all contexts. */
  readonly maxTransferQueueBytes: number;
  /** Bytes of a message that are kept for a value of it that cannot be understood, from the value on. */
  readonly maxUncutBytes: number;
  /** Sessions of one context that are elsewhere, in a replicated map: 0.3 KB each. */
  readonly maxProxies: number;
  /** Entries of all full maps: single sign-ons, attributes of contexts, and maps of a program. */
  readonly maxMapEntries: number;
  /** Bytes of their values. */
  readonly maxMapBytes: number;
}

export const defaultSessionLimits: SessionLimits = {
  maxContexts: 4096,
  orderWindowMs: 60_000,
  maxRememberedChanges: 500_000,
  tombstoneMs: 600_000,
  maxTombstones: 200_000,
  aliasMs: 600_000,
  maxAliases: 100_000,
  earlyMs: 10_000,
  maxEarlyBytes: 2 ** 26,
  maxEarlyMessages: 100_000,
  maxTransferQueueBytes: 2 ** 30,
  maxUncutBytes: 2 ** 24,
  maxProxies: 1_000_000,
  maxMapEntries: 100_000,
  maxMapBytes: 2 ** 27,
};

/** Bounds on what is written to sessions by us: what a JVM has to read. */
export interface WriteLimits {
  /** Length of the Java stream of one value in bytes. It is judged in the event loop: 0.1 ms for each KiB. */
  readonly maxBytes: number;
  /** Nesting of one value. */
  readonly maxDepth: number;
  /** Writes that wait for others or for acknowledgements. */
  readonly maxPending: number;
}

export const defaultWriteLimits: WriteLimits = {
  maxBytes: 2 ** 17,
  maxDepth: 100,
  maxPending: 256,
};
