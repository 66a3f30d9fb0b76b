import type { SessionRecord, ShareGroup } from '../base/index.js';
import { PartedGroup } from '../java/index.js';

/** The record as it is kept while it is in use: a stream in parts would be put together whenever somebody looks. */
export function recordInUse(record: SessionRecord): SessionRecord {
  return record.attributes.some(isParted)
    ? { ...record, attributes: record.attributes.map((group) => (isParted(group) ? whole(group) : group)) }
    : record;
}

function isParted(group: ShareGroup): group is PartedGroup {
  return group instanceof PartedGroup;
}

function whole({ names, stream }: PartedGroup): ShareGroup {
  return { names, stream };
}
