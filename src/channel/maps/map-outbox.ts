import type { Member } from '../../membership/index.js';
import { NOBODY } from './map-nodes.js';
import type {
  CallToken,
  IncomingMapMessage,
  MapAction,
  MapContent,
  MapOutcome,
  OutgoingMapMessage,
  Ticket,
} from './map-types.js';

/** What is done with the answers to a call, and with the end of a send or a call. */
export interface Pending {
  readonly responded?: (member: Member, message: IncomingMapMessage | null, now: number) => void;
  readonly ended?: (outcome: MapOutcome, now: number) => void;
}

export interface PendingCall extends Pending {
  readonly firstReply?: boolean;
  readonly timeoutMs: number;
}

const NOTHING: MapContent = { kind: 'none' };

/** What a map wants to be done, and what it has to be told of that. */
export class MapOutbox {
  readonly #pending = new Map<Ticket, Pending>();
  #actions: MapAction[] = [];
  #ticket = 0;

  take(): MapAction[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  reply(call: CallToken, message: OutgoingMapMessage | 'decline' | null): void {
    this.#actions.push({ type: 'reply', call, message });
  }

  /** A message of which nobody wants to know what becomes of it. */
  tell(to: readonly Member[], message: OutgoingMapMessage): void {
    if (to.length > 0) {
      this.#actions.push({ type: 'send', ticket: this.#ticket++, to, message });
    }
  }

  /** With nobody to send to, it has ended. */
  send(to: readonly Member[], message: OutgoingMapMessage, now: number, pending: Pending): void {
    if (to.length === 0) {
      pending.ended?.({ delivered: NOBODY, faulty: NOBODY }, now);
      return;
    }
    this.#actions.push({ type: 'send', ticket: this.#expect(pending), to, message });
  }

  /** With nobody to ask, it has ended. */
  call(to: readonly Member[], message: OutgoingMapMessage, now: number, pending: PendingCall): void {
    if (to.length === 0) {
      pending.ended?.({ delivered: NOBODY, faulty: NOBODY }, now);
      return;
    }
    const { firstReply = false, timeoutMs } = pending;
    this.#actions.push({ type: 'call', ticket: this.#expect(pending), to, message, firstReply, timeoutMs });
  }

  /** Answers that come behind the end of their call are not heeded. */
  responded(ticket: Ticket, member: Member, message: IncomingMapMessage | null, now: number): void {
    this.#pending.get(ticket)?.responded?.(member, message, now);
  }

  ended(ticket: Ticket, outcome: MapOutcome, now: number): void {
    const pending = this.#pending.get(ticket);
    this.#pending.delete(ticket);
    pending?.ended?.(outcome, now);
  }

  #expect(pending: Pending): Ticket {
    const ticket = this.#ticket++;
    this.#pending.set(ticket, pending);
    return ticket;
  }
}

export function mapMessage(
  msgtype: number,
  key: string | null,
  { content = NOTHING, primary = null, nodes = null }: Partial<OutgoingMapMessage> = {},
): OutgoingMapMessage {
  return { msgtype, key, content, primary, nodes };
}
