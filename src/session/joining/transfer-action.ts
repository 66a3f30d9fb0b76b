import type { ContextName, UniqueId } from '../../base/index.js';
import type { MissingState } from '../session-mirror.js';

export type TransferAction =
  /** Ask for the sessions of one context, or of all. */
  | { readonly type: 'request'; readonly member: UniqueId; readonly context: ContextName | null }
  /** What the member says to have sent has not come. `again`: it will be asked once more. */
  | {
      readonly type: 'missing';
      readonly member: UniqueId;
      readonly context: ContextName;
      readonly missing: MissingState;
      readonly again: boolean;
    }
  /** We have been away: what nobody has told us of since then is to be doubted. */
  | { readonly type: 'roundBegun' }
  /**
   * Every member has answered or had its chance.
   * `witnesses`: the members whose state has come whole, by context.
   */
  | { readonly type: 'roundDone'; readonly witnesses: ReadonlyMap<ContextName, ReadonlySet<UniqueId>> };

/** What a method returns that had nothing to do: deadlines are what they were. */
export const UNCHANGED: readonly TransferAction[] = [];

/** What has become of a member's answer. */
export type TransferAnswer =
  /** A part of its state has come, or been taken in. */
  | 'data'
  /** A part could not be read to its end. */
  | 'torn'
  | 'complete'
  | 'no-context-manager';
