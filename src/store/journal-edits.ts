import { isTribesError } from '../base/index.js';
import { sessionRows } from './change.js';
import { isOfDatabase } from './database-names.js';
import { withEntry } from './ledger-page.js';
import type { RecordParts } from './record-codec.js';
import { applyEdit } from './record-edit.js';
import type { Row, Write } from './write-batch.js';

export interface EditTargets {
  /** What there is of a session before the edit; undefined: nothing. Error: TRIBES_E_STORE_RECORD. */
  readonly before: (key: Buffer) => RecordParts | undefined;
  /** What there is of a page of the ledger before an entry is added; undefined: nothing. */
  readonly page: (key: Buffer) => Buffer | undefined;
  /** Told of an edit that cannot be carried out: the session stays as it was. */
  readonly failed: (key: Buffer, reason: string) => void;
}

/** Rows of a journal, with those of the whole session, or of the whole page, in the place of each edit or entry. */
export function withoutEdits(rows: readonly Row[], targets: EditTargets): readonly Write[] {
  return rows.flatMap((row) => {
    const { database, key, value } = row;
    if (isOfDatabase(database)) {
      return { database, key, value };
    }
    if (value === null) {
      return [];
    }
    return database === 'added'
      ? { database: 'ledger' as const, key, value: withEntry(targets.page(key), value) }
      : edited(key, value, targets);
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
