import { errorTable, type ErrorCode, type ErrorParams } from './error-table.js';

/**
 * The one error class of the project. Its `code` is stable and documented in `docs/errors.md`; its message says
 * what happened and where; `remedy` says what a user can do about it.
 */
export class TribesError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'TribesError';
  readonly code: C;
  readonly params: Readonly<Record<string, string | number | bigint>>;

  constructor(code: C, params: ErrorParams<C>, options?: ErrorOptions) {
    super(fillIn(errorTable[code].message, params), options);
    this.code = code;
    this.params = params;
  }

  get remedy(): string {
    return errorTable[this.code].remedy;
  }
}

/** True when `error` is one of ours, and, if given, carries one of `codes`. */
export function isTribesError<C extends ErrorCode>(error: unknown, ...codes: C[]): error is TribesError<C> {
  return error instanceof TribesError && (codes.length === 0 || codes.some((code) => code === error.code));
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function fillIn(template: string, params: Readonly<Record<string, string | number | bigint>>): string {
  return template.replace(/\{(\w+)\}/g, (placeholder, key: string) =>
    Object.hasOwn(params, key) ? String(params[key]) : placeholder,
  );
}
