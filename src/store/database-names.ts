/**
 * The databases of a store. Rows on their way name them by their place here, also in journals: new ones are added at
 * the end.
 */
export const DATABASE_NAMES = ['contexts', 'descriptors', 'heads', 'bodies', 'facts', 'meta'] as const;

export type DatabaseName = (typeof DATABASE_NAMES)[number];
