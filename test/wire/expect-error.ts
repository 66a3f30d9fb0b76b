import { expect } from 'chai';
import { TribesError, type ErrorCode } from '../../src/base/index.js';

/** Runs `action` and returns the coded error that it threw, which has to be `code`. */
export function expectTribesError(code: ErrorCode, action: () => unknown): TribesError {
  try {
    action();
  } catch (error) {
    expect(error).to.be.instanceOf(TribesError);
    expect((error as TribesError).code).to.equal(code);
    return error as TribesError;
  }
  throw new Error(`expected ${code}, but nothing was thrown`);
}
