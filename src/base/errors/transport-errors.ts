import type { ErrorEntries } from './error-entry.js';

export const transportErrors = {} as const satisfies ErrorEntries;
