import type { Clock, Logger, LogThrottle, TransportLimits } from '../base/index.js';
import type { ReceiveBudget } from './receive-budget.js';
import type { ReceiverCounters } from './receiver-statistics.js';
import type { MessageHandler } from './replication-receiver.js';

/** What the connections of a receiver share, and its UDP port with them. */
export interface ReceiverContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: TransportLimits;
  readonly budget: ReceiveBudget;
  readonly counters: ReceiverCounters;
  readonly complaints: LogThrottle;
  readonly handler: MessageHandler;
}
