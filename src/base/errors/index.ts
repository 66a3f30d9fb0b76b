export { errorTable, type ErrorCode, type ErrorParams } from './error-table.js';
export type { ErrorEntry } from './error-entry.js';
export { TribesError, isTribesError, messageOf } from './tribes-error.js';
