import { createHash } from 'node:crypto';
import { isTribesError, messageOf, type ContextName, type Logger, type SessionId } from '../../base/index.js';
import type { ImportTally } from '../moving/session-import.js';
import type { WriteOrigin, WriteOutcome } from './session-writer.js';

export type WriteOperation = 'create' | 'change' | 'expire' | 'changeId';

/**
 * What was asked for, or done, as the log tells it: never a value. `sessionId` and `newId` are redacted as everywhere;
 * beside them stand `session` and `newSession`, which tell sessions apart in any case (`sessionMark`).
 */
export interface AuditedWrite {
  readonly operation: WriteOperation;
  readonly origin: WriteOrigin;
  readonly context?: ContextName;
  readonly sessionId?: SessionId;
  readonly newId?: SessionId;
  readonly set?: readonly { readonly name: string; readonly class: string | null; readonly bytes: number }[];
  readonly remove?: readonly string[];
  readonly maxInactiveInterval?: number;
}

/** An import of an archive, as far as it is known what was asked for. */
export interface AuditedImport {
  readonly origin: WriteOrigin;
  /** Only the sessions of that one. */
  readonly context?: ContextName;
  readonly overwrite?: boolean;
  readonly dryRun?: boolean;
}

/** Attributes named in a line; of further ones only the number is told. */
const MAX_NAMED = 32;

/** One line for each write and import, done or refused, for whoever has to know afterwards who has changed what. */
export class WriteAudit {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  done(write: AuditedWrite, { acknowledged, unacknowledged }: WriteOutcome): void {
    const fields = {
      ...fieldsOf(write),
      acknowledged: acknowledged.map(({ name }) => name),
      unacknowledged: unacknowledged.map(({ member, reason }) => ({ member: member.name, reason })),
    };
    this.#logger.info(fields, 'audit: a session was written');
  }

  refused(write: AuditedWrite, error: unknown): void {
    const code = isTribesError(error) ? error.code : 'unexpected';
    this.#logger.warn(
      { ...fieldsOf(write), code, error: messageOf(error) },
      'audit: a write of a session was refused',
    );
  }

  imported({ origin, ...asked }: AuditedImport, tally: ImportTally): void {
    this.#logger.info(
      { operation: 'import', ...asked, ...origin, ...tally },
      'audit: sessions were imported',
    );
  }

  /** `tally`: what had become of sessions by then; what was imported stays. */
  notImported({ origin, ...asked }: AuditedImport, error: unknown, tally: ImportTally): void {
    const hasBegun = Object.values(tally).some((sessions) => sessions > 0);
    const failure = { code: isTribesError(error) ? error.code : 'unexpected', error: messageOf(error) };
    this.#logger.warn(
      { operation: 'import', ...asked, ...origin, ...tally, ...failure },
      hasBegun ? 'audit: an import of sessions broke off' : 'audit: an import of sessions was refused',
    );
  }
}

/** Hexadecimal digits of a mark: 48 bits, enough to tell the sessions of a cluster apart. */
const MARK_DIGITS = 12;

/**
 * Names a session to whoever has its id, and to nobody else: the first digits of the SHA-256 of the id. An id has 128
 * random bits (`sessionIdLength`), so it cannot be searched for.
 */
function sessionMark(id: SessionId): string {
  return createHash('sha256').update(id).digest('hex').slice(0, MARK_DIGITS);
}

function fieldsOf({ origin, set = [], remove = [], ...rest }: AuditedWrite): object {
  const { sessionId, newId } = rest;
  return {
    ...rest,
    ...(sessionId !== undefined && { session: sessionMark(sessionId) }),
    ...(newId !== undefined && { newSession: sessionMark(newId) }),
    ...origin,
    ...(set.length > 0 && { set: set.slice(0, MAX_NAMED), attributesSet: set.length }),
    ...(remove.length > 0 && { remove: remove.slice(0, MAX_NAMED), attributesRemoved: remove.length }),
  };
}
