import { isTribesError } from '../base/index.js';
import { sessionRows } from './change.js';
import type { RecordParts } from './record-codec.js';
import { applyEdit } from './record-edit.js';
import type { Row, Write } from './write-batch.js';

export interface EditTargets {
  /** What there is of a session before the edit; undefined: nothing. Error: TRIBES_E_STORE_RECORD. */
  readonly before: (key: Buffer) => RecordParts | undefined;
  /** Told of an edit that cannot be carried out: the session stays as it was. */
  readonly failed: (key: Buffer, reason: string) => void;
}

/** Rows of a journal, with those of the whole session in the place of each edit. */
export function withoutEdits(rows: readonly Row[], targets: EditTargets): readonly Write[] {
  return rows.flatMap((row) => {
    const { database, key, value } = row;
    if (database !== 'edits') {
      return { database, key, value };
    }
    return value === null ? [] : edited(key, value, targets);
  });
}

function edited(key: Buffer, edit: Buffer, { before, failed }: EditTargets): readonly Write[] {
  try {
    const { head, body } = applyEdit(before(key), edit);
    return sessionRows(key, head, body);
  } catch (error) {
    if (!isTribesError(error, 'TRIBES_E_STORE_RECORD')) {
      throw error;
    }
    failed(key, error.message);
    return [];
  }
}
