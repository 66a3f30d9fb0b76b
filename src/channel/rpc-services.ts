import { LogThrottle, messageOf, TribesError, type Clock, type Logger } from '../base/index.js';
import type { Member } from '../membership/index.js';
import {
  encodeRpcMessage,
  rpcHeadOf,
  SEND_OPTIONS,
  type DialectObservation,
  type RpcHead,
} from '../wire/index.js';
import { observeCall } from './call-dialect.js';
import type { ReceivedMessage, SendOutcome } from './channel.js';
import type { Supervisor } from './supervisor.js';

/** Takes the calls of one RPC service, and the answers to its own calls (org.apache.catalina.tribes.group.RpcChannel). */
export interface RpcHandler {
  /** As for ChannelListener; `message.payload` is the RpcMessage. */
  messageReceived(head: RpcHead, message: ReceivedMessage): void | Promise<void>;
}

export interface RpcServicesParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tasks: Supervisor;
  readonly send: (destination: Member, payload: Buffer, options: number) => Promise<SendOutcome>;
  /** Told what is seen of a caller's dialect. */
  readonly observe: (caller: Member, observation: DialectObservation) => void;
}

/** Makes the handler of a service that is called and that is not here; undefined when it is to be declined. */
export type RpcDiscovery = (head: RpcHead, message: ReceivedMessage) => RpcHandler | undefined;

/** Answers on their way at a time. Calls can name any address as their sender: what they cost has a bound. */
const MAX_PENDING_ANSWERS = 256;

/**
 * The RPC services of this node, by their id. A call of a service that is not here is answered at once, so that the
 * caller does not wait for us (GroupChannel.sendNoRpcChannelReply); an answer is never answered, as Tomcat would.
 */
export class RpcServices {
  readonly #logger: Logger;
  readonly #tasks: Supervisor;
  readonly #send: RpcServicesParts['send'];
  readonly #observe: RpcServicesParts['observe'];
  readonly #complaints: LogThrottle;
  readonly #handlers = new Map<string, RpcHandler>();
  readonly #counts = { rpcDeclined: 0, rpcUnanswered: 0, rpcAnswersIgnored: 0 };
  readonly #discoveries: RpcDiscovery[] = [];
  #pendingAnswers = 0;

  constructor({ clock, logger, tasks, send, observe }: RpcServicesParts) {
    this.#logger = logger;
    this.#tasks = tasks;
    this.#send = send;
    this.#observe = observe;
    this.#complaints = new LogThrottle(clock, { logger });
  }

  /** Returns what takes the service away again. Error: TRIBES_E_CHANNEL_LISTENER when the id has a handler. */
  register(rpcId: Uint8Array, handler: RpcHandler): () => void {
    const id = hex(rpcId);
    if (this.#handlers.has(id)) {
      throw new TribesError('TRIBES_E_CHANNEL_LISTENER', { kind: 'RPC id', name: id });
    }
    this.#handlers.set(id, handler);
    return () => {
      if (this.#handlers.get(id) === handler) {
        this.#handlers.delete(id);
      }
    };
  }

  /** Asked about every call of a service that is not here, and of which none that was added before knows. */
  discover(discovery: RpcDiscovery): void {
    this.#discoveries.push(discovery);
  }

  get counts(): Readonly<Record<'rpcDeclined' | 'rpcUnanswered' | 'rpcAnswersIgnored', number>> {
    return { ...this.#counts };
  }

  /** False when the message has nothing to do with RPC. Throws or rejects with what the handler does. */
  messageReceived(message: ReceivedMessage): boolean | Promise<boolean> {
    const head = rpcHeadOf(message.payload);
    if (head === null) {
      return false;
    }
    const handler = this.#handlers.get(hex(head.rpcId)) ?? this.#discovered(head, message);
    if (handler !== undefined) {
      const handling = handler.messageReceived(head, message);
      return handling instanceof Promise ? handling.then(() => true) : true;
    }
    if (head.kind === 'request') {
      this.decline(head, message.sender);
      observeCall(message.payload, (observation) => this.#observe(message.sender, observation));
    } else {
      this.#counts.rpcAnswersIgnored++;
    }
    return true;
  }

  #discovered(head: RpcHead, message: ReceivedMessage): RpcHandler | undefined {
    if (head.kind !== 'request') {
      return undefined;
    }
    for (const discover of this.#discoveries) {
      const handler = discover(head, message);
      if (handler !== undefined) {
        return handler;
      }
    }
    return undefined;
  }

  /** Answers as a node that has no such service. */
  decline({ uuid, rpcId }: Pick<RpcHead, 'uuid' | 'rpcId'>, caller: Member): void {
    if (this.#pendingAnswers >= MAX_PENDING_ANSWERS) {
      this.#counts.rpcUnanswered++;
      this.#complain(caller, 'too many answers are on their way');
      return;
    }
    this.#counts.rpcDeclined++;
    this.#pendingAnswers++;
    const answer = encodeRpcMessage({ kind: 'no-rpc-channel-reply', uuid, rpcId });
    this.#tasks.run('NoRpcChannelReply', async () => {
      try {
        const { faulty } = await this.#send(caller, answer, SEND_OPTIONS.ASYNCHRONOUS);
        for (const { cause } of faulty) {
          this.#complain(caller, cause.message);
        }
      } catch (error) {
        this.#complain(caller, messageOf(error));
      } finally {
        this.#pendingAnswers--;
      }
    });
  }

  #complain(caller: Member, why: string): void {
    const times = this.#complaints.admit(caller.key);
    if (times > 0) {
      this.#logger.warn(
        { caller: caller.name, why, times },
        'a call of an RPC service could not be answered',
      );
    }
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
