import { TribesError } from '../base/index.js';

/** The error for a graph that no stream can carry. */
export function unwritable(problem: string): TribesError {
  return new TribesError('TRIBES_E_JAVA_UNWRITABLE', { problem });
}
