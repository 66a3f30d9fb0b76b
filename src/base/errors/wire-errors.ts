import type { ErrorEntries } from './error-entry.js';

export const wireErrors = {} as const satisfies ErrorEntries;
