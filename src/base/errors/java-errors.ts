import type { ErrorEntries } from './error-entry.js';

export const javaErrors = {} as const satisfies ErrorEntries;
