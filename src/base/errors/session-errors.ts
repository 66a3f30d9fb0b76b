import type { ErrorEntries } from './error-entry.js';

export const sessionErrors = {} as const satisfies ErrorEntries;
