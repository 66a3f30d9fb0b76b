import type { SessionId } from '../../base/index.js';
import type { Stamp } from '../order/change-order.js';
import type { SessionDelta } from './session-delta.js';

/** What a member says of one session while it happens: the events of SessionMessage, decoded. */
export type LiveMessage = {
  readonly id: SessionId;
  readonly stamp: Stamp;
  /** What it takes to keep the message. */
  readonly bytes: number;
} & LiveEvent;

export type LiveEvent =
  /** The time stamp is the creation time of the session. */
  | { readonly type: 'created' }
  | { readonly type: 'delta'; readonly delta: SessionDelta }
  | { readonly type: 'accessed' }
  | { readonly type: 'expired' }
  | { readonly type: 'idChanged'; readonly newId: SessionId };
