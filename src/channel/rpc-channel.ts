import { randomBytes } from 'node:crypto';
import { isTribesError, messageOf, type Clock, type Logger, type Timer } from '../base/index.js';
import type { JavaValue } from '../java/index.js';
import type { Member, MemberKey } from '../membership/index.js';
import {
  decodeRpcMessage,
  encodeRpcMessage,
  SEND_OPTIONS,
  type Dialect,
  type RpcHead,
} from '../wire/index.js';
import type { Channel, ReceivedMessage } from './channel.js';
import type { RpcHandler } from './rpc-services.js';

/** How many answers a call waits for (`RpcChannel.FIRST_REPLY`, `MAJORITY_REPLY`, `ALL_REPLY`, `NO_REPLY`). */
export type RpcReplyOption = 'first' | 'majority' | 'all' | 'none';

export interface RpcResponse {
  readonly member: Member;
  readonly message: JavaValue;
}

/** What came of a call. */
export interface RpcOutcome {
  /** In the order in which they came. */
  readonly responses: readonly RpcResponse[];
  /** Members that the call did not reach. */
  readonly faulty: readonly Member[];
  /** Members that do not have the service. */
  readonly declined: readonly Member[];
}

export interface RpcCall {
  readonly destinations: readonly Member[];
  /** The message in the dialect of whoever gets it. */
  readonly message: (dialect: Dialect) => JavaValue;
  readonly replies: RpcReplyOption;
  /** Union of the SEND_OPTIONS bits; SYNCHRONIZED_ACK is left out, as Tomcat does. */
  readonly options: number;
  /** Milliseconds after which what has come is all that comes. */
  readonly timeoutMs: number;
  /** Whoever answers from the address of a destination is the one that was asked: where its id is not known. */
  readonly byAddress?: boolean;
  /** Called with every response as it comes, those that come too late included. */
  readonly onResponse?: (response: RpcResponse) => void;
}

/** A call that came; `reply` answers it, once. */
export interface RpcRequest {
  readonly message: JavaValue;
  readonly received: ReceivedMessage;
  reply(message: (dialect: Dialect) => JavaValue): void;
  /** Answers as a node that has no such service. */
  decline(): void;
}

export interface RpcChannelParts {
  readonly channel: Pick<Channel, 'send' | 'registerRpcService' | 'declineRpc'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names the service; the same on all nodes. */
  readonly rpcId: Buffer;
  /** `replyMessageOptions`. Default 0: TCP, without acknowledgement. */
  readonly replyOptions?: number;
  readonly onRequest: (request: RpcRequest) => void | Promise<void>;
}

interface PendingCall {
  readonly call: RpcCall;
  readonly responses: RpcResponse[];
  readonly declined: Member[];
  /** From whom nothing has come. */
  readonly awaited: Set<MemberKey>;
  expected: number;
  readonly finish: () => void;
}

/** How long answers that come too late are still handed on, milliseconds. */
const LATE_MS = 60_000;

/** Calls of which late answers are handed on. */
const MAX_LATE_CALLS = 1024;

/**
 * Calls with answers over the channel (org.apache.catalina.tribes.group.RpcChannel). A member that does not know the service
 * says so, and is not waited for; nor is one that the call did not reach.
 */
export class RpcChannel {
  readonly #parts: RpcChannelParts;
  readonly #calls = new Map<string, PendingCall>();
  readonly #late = new Map<string, { readonly call: RpcCall; readonly until: number }>();
  readonly #unregister: () => void;
  #isClosed = false;

  /** Error: TRIBES_E_CHANNEL_LISTENER when the id has a service. */
  constructor(parts: RpcChannelParts) {
    this.#parts = parts;
    this.#unregister = parts.channel.registerRpcService(parts.rpcId, this.handler());
  }

  /** What takes the messages of the service. */
  handler(): RpcHandler {
    return { messageReceived: (head, message) => this.#messageReceived(head, message) };
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Calls end with what has come; no others are made. */
  close(): void {
    this.#isClosed = true;
    this.#unregister();
    for (const { finish } of [...this.#calls.values()]) {
      finish();
    }
  }

  /** Never rejects for the sake of a member. With nobody to call, and when it is closed, there is nothing to wait for. */
  async call(call: RpcCall): Promise<RpcOutcome> {
    const { destinations, replies, timeoutMs } = call;
    if (destinations.length === 0 || this.#isClosed) {
      return { responses: [], faulty: [], declined: [] };
    }
    const uuid = randomBytes(16);
    const id = uuid.toString('hex');
    let timer: Timer | undefined;
    const ended = new Promise<void>((finish) => {
      timer = this.#parts.clock.after(timeoutMs, finish);
      const awaited = new Set(destinations.map(({ key }) => key));
      this.#calls.set(id, {
        call,
        responses: [],
        declined: [],
        awaited,
        expected: destinations.length,
        finish,
      });
    });
    const pending = this.#calls.get(id);
    const faulty = await this.#send(uuid, call);
    if (pending !== undefined) {
      pending.expected -= faulty.filter(({ key }) => pending.awaited.delete(key)).length;
      this.#endIfComplete(pending);
    }
    if (replies !== 'none') {
      await ended;
    }
    timer?.cancel();
    this.#calls.delete(id);
    this.#remember(id, call);
    return { responses: pending?.responses ?? [], faulty, declined: pending?.declined ?? [] };
  }

  async #send(uuid: Buffer, { destinations, message, options }: RpcCall): Promise<readonly Member[]> {
    const { channel, rpcId, logger } = this.#parts;
    try {
      const { faulty } = await channel.send(
        destinations,
        (dialect) => encodeRpcMessage({ kind: 'request', uuid, rpcId, message: message(dialect) }),
        options & ~SEND_OPTIONS.SYNCHRONIZED_ACK,
      );
      return faulty.map(({ member }) => member);
    } catch (error) {
      logger.debug({ error: messageOf(error) }, 'an RPC could not be sent');
      return destinations;
    }
  }

  #messageReceived(head: RpcHead, received: ReceivedMessage): void | Promise<void> {
    if (head.kind === 'request') {
      return this.#requested(head, received);
    }
    this.#answered(head, received);
  }

  #requested(head: RpcHead, received: ReceivedMessage): void | Promise<void> {
    const { channel, rpcId, replyOptions = 0, logger, onRequest } = this.#parts;
    const call = decodeRpcMessage(received.payload);
    if (call.kind !== 'request') {
      return;
    }
    let open = true;
    const once = (answer: () => void): void => {
      if (open) {
        open = false;
        answer();
      }
    };
    return onRequest({
      message: call.message,
      received,
      decline: () => once(() => channel.declineRpc(head, received.sender)),
      reply: (message) =>
        once(() => {
          const encode = (dialect: Dialect): Buffer =>
            encodeRpcMessage({ kind: 'reply', uuid: call.uuid, rpcId, message: message(dialect) });
          channel
            .send([received.sender], encode, replyOptions & ~SEND_OPTIONS.SYNCHRONIZED_ACK)
            .then(({ faulty }) => {
              for (const { member, cause } of faulty) {
                logger.debug({ member: member.name, error: cause.message }, 'an RPC could not be answered');
              }
            })
            .catch((error: unknown) => {
              logger.debug({ error: messageOf(error) }, 'an RPC could not be answered');
            });
        }),
    });
  }

  #answered(head: RpcHead, { payload, sender }: ReceivedMessage): void {
    const id = head.uuid.toString('hex');
    const pending = this.#calls.get(id);
    if (head.kind === 'no-rpc-channel-reply') {
      if (pending !== undefined && isAwaited(pending, sender)) {
        pending.expected--;
        pending.declined.push(sender);
        this.#endIfComplete(pending);
      }
      return;
    }
    const call = pending?.call ?? this.#lateCall(id);
    if (call === undefined || (pending !== undefined && !isAwaited(pending, sender))) {
      return;
    }
    const response = responseOf(payload, sender);
    if (pending !== undefined) {
      if (response === null) {
        pending.expected--;
      } else {
        pending.responses.push(response);
      }
    }
    if (response !== null) {
      call.onResponse?.(response);
    }
    if (pending !== undefined) {
      this.#endIfComplete(pending);
    }
  }

  #endIfComplete({ call: { replies }, responses: { length }, expected, finish }: PendingCall): void {
    const isComplete =
      length >= expected ||
      (replies === 'first' && length > 0) ||
      (replies === 'majority' && length / expected >= 0.5);
    if (isComplete) {
      finish();
    }
  }

  #remember(id: string, call: RpcCall): void {
    if (call.onResponse === undefined) {
      return;
    }
    const now = this.#parts.clock.monotonic();
    for (const [other, { until }] of this.#late) {
      if (until > now && this.#late.size < MAX_LATE_CALLS) {
        break;
      }
      this.#late.delete(other);
    }
    this.#late.set(id, { call, until: now + LATE_MS });
  }

  #lateCall(id: string): RpcCall | undefined {
    const late = this.#late.get(id);
    return late !== undefined && late.until > this.#parts.clock.monotonic() ? late.call : undefined;
  }
}

/** Whether it is an answer of somebody who has not answered yet. */
function isAwaited({ awaited, call }: PendingCall, sender: Member): boolean {
  if (awaited.delete(sender.key)) {
    return true;
  }
  const asked =
    call.byAddress === true ? call.destinations.find(({ name }) => name === sender.name) : undefined;
  return asked !== undefined && awaited.delete(asked.key);
}

/** Null when the answer cannot be understood: whoever sent it is not waited for. */
function responseOf(payload: Buffer, member: Member): RpcResponse | null {
  try {
    const answer = decodeRpcMessage(payload);
    return answer.kind === 'reply' ? { member, message: answer.message } : null;
  } catch (error) {
    if (isTribesError(error)) {
      return null;
    }
    throw error;
  }
}
