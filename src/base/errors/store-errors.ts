import type { ErrorEntries } from './error-entry.js';

export const storeErrors = {} as const satisfies ErrorEntries;
