import type { ErrorEntries } from './error-entry.js';

export const configErrors = {} as const satisfies ErrorEntries;
