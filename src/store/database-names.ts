/** The databases of a store. */
export const DATABASE_NAMES = ['contexts', 'descriptors', 'heads', 'bodies', 'facts', 'meta'] as const;

export type DatabaseName = (typeof DATABASE_NAMES)[number];

/**
 * What rows on their way may be: rows of a database, or edits of a session (`record-edit.ts`), which stand in journals only.
 * They name it by its place here: new ones are added at the end.
 */
export const ROW_KINDS = [...DATABASE_NAMES, 'edits'] as const;

export type RowKind = (typeof ROW_KINDS)[number];
