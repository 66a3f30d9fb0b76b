import { apiErrors } from './api-errors.js';
import { archiveErrors } from './archive-errors.js';
import { channelErrors } from './channel-errors.js';
import { cliErrors } from './cli-errors.js';
import { configErrors } from './config-errors.js';
import { javaErrors } from './java-errors.js';
import { javaViewErrors } from './java-view-errors.js';
import { libraryErrors } from './library-errors.js';
import { membershipErrors } from './membership-errors.js';
import { sessionErrors } from './session-errors.js';
import { storeErrors } from './store-errors.js';
import { transportErrors } from './transport-errors.js';
import { wireErrors } from './wire-errors.js';
import { writeErrors } from './write-errors.js';

/** Every coded error, by code. `docs/errors.md` is held equal to it by a test. */
export const errorTable = {
  ...javaErrors,
  ...javaViewErrors,
  ...wireErrors,
  ...configErrors,
  ...membershipErrors,
  ...transportErrors,
  ...channelErrors,
  ...storeErrors,
  ...archiveErrors,
  ...sessionErrors,
  ...writeErrors,
  ...apiErrors,
  ...libraryErrors,
  ...cliErrors,
} as const;

/** What `TribesError.code` may be: docs/errors.md. */
export type ErrorCode = keyof typeof errorTable;

type Placeholder<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholder<Rest>
  : never;

/** The values that the message of error `C` has placeholders for. */
export type ErrorParams<C extends ErrorCode> = Readonly<
  Record<Placeholder<(typeof errorTable)[C]['message']>, string | number | bigint>
>;
