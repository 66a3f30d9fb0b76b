import type { Clock, Logger } from '../../base/index.js';
import type { NodeView } from '../../node/index.js';
import type { AttributeViewer } from '../attribute-viewer.js';
import type { EventLog } from '../event-log.js';

/** What the routes need. */
export interface RouteContext {
  readonly node: NodeView;
  readonly viewer: AttributeViewer;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Null: none is asked for. */
  readonly token: string | null;
  /** Of the cookie that carries the token for a browser: one for each token, as cookies do not heed ports. */
  readonly cookieName: string;
  readonly maxEventReaders: number;
  /** Whether exports may hold passwords. */
  readonly exportSecrets: boolean;
  /** Whether archives may be imported. */
  readonly mayImport: boolean;
  /** Tells the event ids of this start from those of earlier ones. */
  readonly life: string;
  /** Aborted when the interface closes. */
  readonly closing: AbortSignal;
}
