import { expect } from 'chai';
import { isTribesError, type ErrorCode, type TribesError } from '../../src/base/index.js';

/** The coded error that `action` throws; fails if it throws another one, or none. */
export function thrownBy(code: ErrorCode, action: () => unknown): TribesError {
  try {
    action();
  } catch (error) {
    return codedAs(code, error);
  }
  throw new Error(`expected ${code}, but nothing was thrown`);
}

/** The coded error that `promise` is rejected with; fails if it is rejected with another one, or resolved. */
export async function rejectionOf(code: ErrorCode, promise: Promise<unknown>): Promise<TribesError> {
  try {
    await promise;
  } catch (error) {
    return codedAs(code, error);
  }
  throw new Error(`expected ${code}, but the promise was resolved`);
}

function codedAs(code: ErrorCode, error: unknown): TribesError {
  if (!isTribesError(error)) {
    throw error;
  }
  expect(error.code, error.message).to.equal(code);
  return error;
}
