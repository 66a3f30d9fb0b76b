import type { ContextName, SessionRecord, SessionStore, UniqueId } from '../../base/index.js';

/** The sessions of a store as they are handed to others. */
export interface Offered extends Pick<SessionStore, 'get' | 'summaries'> {
  /** Each as it is when it is asked for; undefined for one that is not offered, so that no step takes long. */
  records(context: ContextName): Iterable<SessionRecord | undefined>;
}

export interface OfferedParts {
  readonly store: Pick<SessionStore, 'get' | 'summaries' | 'records'>;
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
  const offered = (record: SessionRecord | undefined): SessionRecord | undefined =>
    record === undefined || isOver(record) ? undefined : inOurTime(record, skewOf(record.source));
  return {
    get: (context, id) => offered(store.get(context, id)),
    summaries: (context) => store.summaries(context),
    records: (context) => mapped(store.records(context), offered),
  };
}

/** Those of them that `isWanted` says. */
export function selected(offered: Offered, isWanted: (record: SessionRecord) => boolean): Offered {
  const wanted = (record: SessionRecord | undefined): SessionRecord | undefined =>
    record !== undefined && isWanted(record) ? record : undefined;
  return {
    get: (context, id) => wanted(offered.get(context, id)),
    summaries: (context) => offered.summaries(context),
    records: (context) => mapped(offered.records(context), wanted),
  };
}

function* mapped(
  records: Iterable<SessionRecord | undefined>,
  change: (record: SessionRecord) => SessionRecord | undefined,
): Generator<SessionRecord | undefined, void> {
  for (const record of records) {
    yield record && change(record);
  }
}

function inOurTime(record: SessionRecord, skew: number): SessionRecord {
  const { lastAccessedTime, thisAccessedTime } = record;
  return Math.abs(skew) < MIN_SKEW_MS
    ? record
    : { ...record, lastAccessedTime: lastAccessedTime + skew, thisAccessedTime: thisAccessedTime + skew };
}
