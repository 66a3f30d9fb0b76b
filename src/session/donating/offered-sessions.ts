import type { SessionRecord, SessionStore, UniqueId } from '../../base/index.js';

/** The sessions of a store as they are handed to others. */
export type Offered = Pick<SessionStore, 'get' | 'summaries'>;

export interface OfferedParts {
  readonly store: Offered;
  /** Whether it would have expired, if anybody had been there to see to it. */
  readonly isOver: (record: SessionRecord) => boolean;
  readonly skewOf: (member: UniqueId | null) => number;
}

/** Less than that is the time that messages take, and no difference of clocks. Milliseconds. */
const MIN_SKEW_MS = 1000;

/**
 * What others may take from us: not what is over, and with times that our clock would have shown, since they know nothing
 * of the clocks of those who told us.
 */
export function offeredSessions({ store, isOver, skewOf }: OfferedParts): Offered {
  return {
    get: (context, id) => {
      const record = store.get(context, id);
      return record === undefined || isOver(record) ? undefined : inOurTime(record, skewOf(record.source));
    },
    summaries: (context) => store.summaries(context),
  };
}

/** Those of them that `isWanted` says. */
export function selected({ get, summaries }: Offered, isWanted: (record: SessionRecord) => boolean): Offered {
  return {
    get: (context, id) => {
      const record = get(context, id);
      return record !== undefined && isWanted(record) ? record : undefined;
    },
    summaries,
  };
}

function inOurTime(record: SessionRecord, skew: number): SessionRecord {
  const { lastAccessedTime, thisAccessedTime } = record;
  return Math.abs(skew) < MIN_SKEW_MS
    ? record
    : { ...record, lastAccessedTime: lastAccessedTime + skew, thisAccessedTime: thisAccessedTime + skew };
}
