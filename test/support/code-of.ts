import { isTribesError, type ErrorCode } from '../../src/base/index.js';

/** The code of the error that `action` throws, or undefined when it throws none. Errors of others go on. */
export function codeOf(action: () => unknown): ErrorCode | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (isTribesError(error)) {
      return error.code;
    }
    throw error;
  }
}
