import type { ErrorEntries } from './error-entry.js';

export const cliErrors = {} as const satisfies ErrorEntries;
