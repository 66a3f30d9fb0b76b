import { messageOf, TribesError, type Logger } from '../base/index.js';
import { RpcChannel, type RpcReplyOption, type RpcRequest } from '../channel/index.js';
import type { ProgramMessages } from '../node/index.js';
import type { Access } from './access.js';
import { clusterMember, type ClusterMember } from './member.js';
import { sendOptionsOf, type Outgoing } from './outgoing.js';
import { ReceivedValue } from './received-value.js';

/** A call of another member, or its answer. */
export class RpcMessage extends ReceivedValue {
  readonly sender: ClusterMember;

  /** @internal */
  constructor(sender: ClusterMember, message: RpcRequest['message'], access: Access) {
    super(() => message, access);
    this.sender = sender;
  }
}

/** What `ClusterChannel.rpc` takes beside the id. */
export interface RpcServiceOptions {
  /**
   * Answers a call (`RpcCallback.replyRequest`): what it returns, or resolves to, is the answer; undefined is answered with a null
   * reference, as in Java. Whoever calls is told that there is no such service, and does not wait, where this is left out, throws or
   * rejects.
   */
  readonly onRequest?: (request: RpcMessage) => unknown;
  /** Told of an answer that has come too late for its call (`RpcCallback.leftOver`), for a minute. */
  readonly onLeftOver?: (response: RpcMessage) => unknown;
  /** Options of the answers (`RpcChannel.setReplyMessageOptions`), as of `send`. Default 0: no acknowledgement. */
  readonly replyOptions?: number | string;
}

/** What `RpcService.call` takes beside the message. */
export interface RpcCallOptions {
  /** Default: all other members. */
  readonly to?: readonly ClusterMember[];
  /** How many answers are waited for: the first one, half of them, all, none. Default `all`. */
  readonly replies?: RpcReplyOption;
  /** Milliseconds, 1 to 2^31 - 1; what has come by then is all that comes. Default 5000. */
  readonly timeout?: number;
  /** As of `send`; 4 (sync) is left out, as in Java. Default 2. */
  readonly options?: number | string;
}

/** What came of a call. A member that is in none of the lists did not answer in time, or was not waited for. */
export interface RpcResult {
  /** In the order in which they came. */
  readonly responses: readonly RpcMessage[];
  /** Members that have no such service. */
  readonly declined: readonly ClusterMember[];
  /** Members that the call did not reach. */
  readonly unreached: readonly ClusterMember[];
}

export interface RpcServiceParts extends RpcServiceOptions {
  readonly id: Buffer;
  readonly channel: ProgramMessages['channel'];
  readonly access: Access;
  readonly outgoing: Outgoing;
  readonly logger: Logger;
}

/**
 * Calls with answers between programs that have a service of the same id: `org.apache.catalina.tribes.group.RpcChannel` of Java programs,
 * and other mirrors.
 */
export class RpcService implements Disposable {
  readonly #parts: RpcServiceParts;
  readonly #rpc: RpcChannel;

  /** @internal Error: TRIBES_E_CHANNEL_LISTENER when the id has a service in this program. */
  constructor(parts: RpcServiceParts) {
    this.#parts = parts;
    const { id, channel, access, logger, replyOptions = 0 } = parts;
    this.#rpc = new RpcChannel({
      ...{ channel, clock: access.clock, logger, rpcId: id, replyOptions: sendOptionsOf(replyOptions) },
      // What comes behind it does not wait for the program.
      onRequest: (request) => void this.#requested(request),
    });
  }

  /**
   * Calls the service at other members, and resolves when the answers that are waited for have come, or the time is over; with
   * nobody to call, at once. Never rejects for the sake of a member.
   *
   * Errors: TRIBES_E_LIBRARY_READ_ONLY, TRIBES_E_LIBRARY_LEFT, TRIBES_E_LIBRARY_RPC_CLOSED, TRIBES_E_SEND_OPTION, TRIBES_E_JAVA_FROM_JS,
   * TRIBES_E_JAVA_CLASS, TRIBES_E_WRITE_CLASS, TRIBES_E_WRITE_LIMIT. Nothing was sent then.
   */
  async call(
    value: unknown,
    { to, replies = 'all', timeout = 5000, options = 2 }: RpcCallOptions = {},
  ): Promise<RpcResult> {
    const { outgoing, access, onLeftOver } = this.#parts;
    outgoing.check();
    if (this.#rpc.isClosed) {
      throw new TribesError('TRIBES_E_LIBRARY_RPC_CLOSED', {});
    }
    const { value: message } = outgoing.java(value);
    const { members, unreached } = outgoing.to(to);
    let isOver = false;
    const { responses, declined, faulty } = await this.#rpc.call({
      destinations: members,
      message: () => message,
      ...{ replies, options: sendOptionsOf(options), timeoutMs: timeout },
      ...(onLeftOver && {
        onResponse: (response) =>
          isOver &&
          this.#tell(onLeftOver, new RpcMessage(clusterMember(response.member), response.message, access)),
      }),
    });
    isOver = true;
    return {
      responses: responses.map(
        ({ member, message: answer }) => new RpcMessage(clusterMember(member), answer, access),
      ),
      declined: declined.map(clusterMember),
      unreached: [...unreached.map(({ member }) => member), ...faulty.map(clusterMember)],
    };
  }

  /** Ends the service: calls of others are declined, own ones end with what has come. Idempotent. */
  close(): void {
    this.#rpc.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #requested(request: RpcRequest): Promise<void> {
    const { onRequest, access, outgoing, logger } = this.#parts;
    if (onRequest === undefined) {
      request.decline();
      return;
    }
    try {
      const { sender } = request.received;
      const answer = await onRequest(new RpcMessage(clusterMember(sender), request.message, access));
      outgoing.check();
      const { value } = outgoing.java(answer);
      request.reply(() => value);
    } catch (error) {
      request.decline();
      logger.error({ error: messageOf(error) }, 'a call of an RPC service was not answered by the program');
    }
  }

  #tell(listener: (response: RpcMessage) => unknown, response: RpcMessage): void {
    const failed = (error: unknown): void =>
      this.#parts.logger.error({ error: messageOf(error) }, 'a listener of the program failed');
    try {
      const result = listener(response);
      if (result instanceof Promise) {
        result.catch(failed);
      }
    } catch (error) {
      failed(error);
    }
  }
}
