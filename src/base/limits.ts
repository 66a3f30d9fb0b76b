/**
 * Every bound on what the node accepts from others. Each can be set; each is checked before memory is allocated.
 * Documented in docs/limits.md.
 */

/** Bounds on one Java object stream. */
export interface JavaLimits {
  /** Length of the stream in bytes. */
  readonly maxBytes: number;
  /** Nesting of objects, arrays, annotations and descriptors. */
  readonly maxDepth: number;
  /** Handles assigned between two resets. */
  readonly maxHandles: number;
  /** Cells of all arrays of the stream, added up. */
  readonly maxArrayCells: number;
  /** Encoded length of one string in bytes. */
  readonly maxStringBytes: number;
  /** Steps taken back over classes that may have skipped their default fields (flags 03). */
  readonly maxBacktrackSteps: number;
  /** Length of what a cut emits in bytes: an object that is shared can be reached many times over. */
  readonly maxCutBytes: number;
}

export const defaultJavaLimits: JavaLimits = {
  maxBytes: 2 ** 30,
  maxDepth: 10_000,
  maxHandles: 2 ** 24,
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
  /** Milliseconds for which a frame may stay half received. */
  readonly halfFrameTimeoutMs: number;
}

export const defaultTransportLimits: TransportLimits = {
  maxFrameBytes: 2 ** 30,
  maxBufferedBytes: 2 ** 31,
  maxConnections: 4096,
  halfFrameTimeoutMs: 60_000,
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
