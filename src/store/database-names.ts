/** The databases of a store. */
export const DATABASE_NAMES = [
  'contexts',
  'descriptors',
  'heads',
  'bodies',
  'facts',
  'meta',
  'ledger',
] as const;

export type DatabaseName = (typeof DATABASE_NAMES)[number];

/** With what stands in journals only: edits of a session (`record-edit.ts`), and entries of a page of the ledger. */
export type RowKind = DatabaseName | 'edits' | 'added';

/** What rows on their way may be. They name it by its place here: new ones are added at the end. */
export const ROW_KINDS: readonly RowKind[] = [
  ...(['contexts', 'descriptors', 'heads', 'bodies', 'facts', 'meta'] as const),
  ...(['edits', 'ledger', 'added'] as const),
];

export function isOfDatabase(kind: RowKind): kind is DatabaseName {
  return kind !== 'edits' && kind !== 'added';
}
