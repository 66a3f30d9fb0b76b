import type { ErrorEntries } from './error-entry.js';

export const membershipErrors = {} as const satisfies ErrorEntries;
