import { TribesError, isTribesError, type ErrorCode } from '../base/index.js';

/** How an error is told: what `TribesError` knows, and for some errors what to choose from. */
export interface Problem {
  readonly status: number;
  readonly body: { readonly code: ErrorCode; readonly message: string; readonly remedy: string };
}

const statusByCode: ReadonlyMap<ErrorCode, number> = new Map<ErrorCode, number>([
  ['TRIBES_E_API_PATH', 400],
  ['TRIBES_E_API_QUERY', 400],
  ['TRIBES_E_API_NOT_HTTP', 400],
  ['TRIBES_E_API_IF_MATCH', 400],
  ['TRIBES_E_API_BODY', 400],
  ['TRIBES_E_WRITE_JSON', 400],
  ['TRIBES_E_STORE_CURSOR', 400],
  ['TRIBES_E_API_UNAUTHORIZED', 401],
  ['TRIBES_E_API_READ_ONLY_TOKEN', 403],
  ['TRIBES_E_API_HOST', 403],
  ['TRIBES_E_API_ORIGIN', 403],
  ['TRIBES_E_API_WRITE_TOKEN', 401],
  ['TRIBES_E_API_READ_ONLY', 403],
  ['TRIBES_E_API_SECRETS', 403],
  ['TRIBES_E_API_IMPORT', 403],
  ['TRIBES_E_API_NO_PATH', 404],
  ['TRIBES_E_API_NO_CONTEXT', 404],
  ['TRIBES_E_API_NO_SESSION', 404],
  ['TRIBES_E_API_NO_ATTRIBUTE', 404],
  ['TRIBES_E_WRITE_NO_CONTEXT', 404],
  ['TRIBES_E_WRITE_NO_SESSION', 404],
  ['TRIBES_E_API_METHOD', 405],
  ['TRIBES_E_API_TIMEOUT', 408],
  ['TRIBES_E_API_AMBIGUOUS', 409],
  ['TRIBES_E_WRITE_VERSION', 412],
  ['TRIBES_E_API_BODY_TOO_LARGE', 413],
  ['TRIBES_E_API_MEDIA_TYPE', 415],
  ['TRIBES_E_ARCHIVE_FORMAT', 422],
  ['TRIBES_E_ARCHIVE_NEWER', 422],
  ['TRIBES_E_ARCHIVE_CUT', 422],
  ['TRIBES_E_ARCHIVE_DAMAGED', 422],
  ['TRIBES_E_ARCHIVE_LIMIT', 422],
  ['TRIBES_E_SESSION_UNCUT', 422],
  ['TRIBES_E_WRITE_NAME', 422],
  ['TRIBES_E_WRITE_FIELD', 422],
  ['TRIBES_E_WRITE_CLASS', 422],
  ['TRIBES_E_WRITE_LIMIT', 422],
  ['TRIBES_E_WRITE_STREAM', 422],
  ['TRIBES_E_WRITE_VALUE', 422],
  ['TRIBES_E_API_NOT_SHOWN', 422],
  ['TRIBES_E_API_HEAD_TOO_LARGE', 431],
  ['TRIBES_E_API_TOO_MANY_READERS', 503],
  ['TRIBES_E_WRITE_BUSY', 503],
  ['TRIBES_E_STORE_FULL', 503],
  ['TRIBES_E_API_BUSY', 503],
  ['TRIBES_E_STORE_WRITE', 507],
]);

/** Errors that are not ours, and errors that a request cannot cause, are told as TRIBES_E_API_INTERNAL without details. */
export function problemOf(error: unknown): Problem {
  const told =
    isTribesError(error) && (statusByCode.has(error.code) || error.code.startsWith('TRIBES_E_JAVA_'))
      ? error
      : new TribesError('TRIBES_E_API_INTERNAL', {});
  const status = statusByCode.get(told.code) ?? (told.code === 'TRIBES_E_API_INTERNAL' ? 500 : 422);
  return { status, body: { code: told.code, message: told.message, remedy: told.remedy } };
}
