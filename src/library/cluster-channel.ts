import { messageOf, TribesError, type Logger } from '../base/index.js';
import type { ReceivedMessage } from '../channel/index.js';
import type { NodeView } from '../node/index.js';
import { ACK_OPTIONS, SEND_OPTIONS } from '../wire/index.js';
import type { Access } from './access.js';
import { ChannelMessage, isOfPrograms } from './channel-message.js';
import { clusterMember, type ClusterMember } from './member.js';
import { Outgoing, sendOptionsOf, unreachedBy, type Unreached } from './outgoing.js';
import { ReplicatedMap } from './replicated-map.js';
import { RpcService, type RpcServiceOptions } from './rpc-service.js';

/** What `ClusterChannel.send` takes beside the message. */
export interface SendOptions {
  /** Default: all other members. */
  readonly to?: readonly ClusterMember[];
  /**
   * A sum of `Channel.SEND_OPTIONS_*`, or their names (`"use_ack, sync"`). 2 (use_ack): a member acknowledges when it has the message;
   * 6 (and sync): when its listeners have processed it; 8 (async): it is queued here; 0: nothing is waited for; with 32 (udp): one
   * datagram to each member; with 64 (multicast): one datagram to everybody on the group, whoever `to` names. Default 2.
   */
  readonly options?: number | string;
}

/** What became of a message. */
export interface SendResult {
  /** Members that have acknowledged it, as the options ask for; without acknowledgement, those that it was sent to. */
  readonly delivered: readonly ClusterMember[];
  readonly unreached: readonly Unreached[];
}

/** What a coordinator interceptor (`NonBlockingCoordinator`, `SimpleCoordinator`) has found. */
export interface CoordinationView {
  /** All members, this mirror among them, in the order that all of them have. */
  readonly members: readonly ClusterMember[];
  /** The first of them; undefined before the first election has ended. */
  readonly coordinator: ClusterMember | undefined;
  /** Whether it is this mirror. */
  readonly isCoordinator: boolean;
}

export interface ClusterChannelParts {
  readonly node: NodeView;
  readonly access: Access;
  readonly logger: Logger;
  /** Whether the mirror is still in the cluster. */
  readonly isOpen: () => boolean;
}

/** Told of a message; with the options 6 the sender waits for what it returns. */
export type MessageListener = (message: ChannelMessage) => unknown;

/** The group channel of a mirror, for what is no session (`org.apache.catalina.tribes.Channel`). */
export class ClusterChannel {
  readonly #parts: ClusterChannelParts;
  readonly #outgoing: Outgoing;
  readonly #listeners = new Set<MessageListener>();

  /** @internal Before the channel starts. */
  constructor(parts: ClusterChannelParts) {
    const { node, access, isOpen } = parts;
    this.#parts = parts;
    this.#outgoing = new Outgoing(node, access, isOpen);
    node.messages.channel.addChannelListener({ messageReceived: (message) => this.#received(message) });
  }

  /**
   * Joins the replicated map of that name, which Java programs have as `new ReplicatedMap<String, V>(owner, channel, timeout, name, loaders)`.
   * Resolves when those who have it have told what is in it, which within six seconds after the joining may take until then: until every
   * Tomcat may have called. Where nobody has it yet, it begins with what the store knows of it.
   *
   * @param name ISO-8859-1, 512 characters at most; not that of a session manager's map (`…-map`) or of a single sign-on's
   * (`…-SSO-cache`).
   *
   * Errors: TRIBES_E_MAP_NAME, TRIBES_E_LIBRARY_LEFT.
   */
  async replicatedMap(name: string): Promise<ReplicatedMap> {
    const { node, access, isOpen } = this.#parts;
    if (!isOpen()) {
      throw new TribesError('TRIBES_E_LIBRARY_LEFT', {});
    }
    const map = await node.maps.open(name);
    return new ReplicatedMap({ map, maps: node.maps, access, isOpen });
  }

  /**
   * Sends a message to the listeners of other members (`Channel.send`). A Uint8Array goes as a `ByteMessage`, which no receiver
   * deserialises; anything else as a Java object, as in `Session.set`. With nobody there nothing is sent. Never rejects for the sake of a
   * member.
   *
   * Errors: TRIBES_E_LIBRARY_READ_ONLY, TRIBES_E_LIBRARY_LEFT, TRIBES_E_SEND_OPTION, TRIBES_E_JAVA_FROM_JS, TRIBES_E_JAVA_CLASS,
   * TRIBES_E_WRITE_CLASS, TRIBES_E_WRITE_LIMIT. Nothing was sent then.
   */
  async send(value: unknown, { to, options = SEND_OPTIONS.USE_ACK }: SendOptions = {}): Promise<SendResult> {
    this.#outgoing.check();
    const isBytes = value instanceof Uint8Array;
    const payload = isBytes ? value : this.#outgoing.java(value).stream;
    const bits = sendOptionsOf(options) & ~SEND_OPTIONS.BYTE_MESSAGE;
    const { members, unreached } = this.#outgoing.to(to);
    if (members.length === 0) {
      return { delivered: [], unreached };
    }
    const { delivered, faulty } = await this.#parts.node.messages.channel.send(
      members,
      () => payload,
      isBytes ? bits | SEND_OPTIONS.BYTE_MESSAGE : bits,
    );
    return {
      delivered: delivered.map(clusterMember),
      unreached: [...unreached, ...unreachedBy(faulty)],
    };
  }

  /**
   * Calls `listener` for every message to the channel that is no affair of Tomcats alone (sessions, maps, deployment) and no call, in
   * the order in which they come, so it should be quick. A sender with the options 6 (use_ack, sync) waits for the promise that it returns;
   * what it throws, or rejects with, such a sender is told as FAIL_ACK, and others are not. It is logged.
   */
  on(_type: 'message', listener: MessageListener): this {
    this.#listeners.add(listener);
    return this;
  }

  /** Ends what `on` began. */
  off(_type: 'message', listener: MessageListener): this {
    this.#listeners.delete(listener);
    return this;
  }

  /**
   * Takes part in an RPC service, which Java programs have as `new RpcChannel(id.getBytes(UTF_8), channel, callback)`: answers the calls
   * of others, and calls them.
   *
   * @param id text as UTF-8, or bytes; not the name of a session manager's map (`…-map`) or of a single sign-on's (`…-SSO-cache`).
   *
   * Errors: TRIBES_E_LIBRARY_READ_ONLY, TRIBES_E_LIBRARY_LEFT, TRIBES_E_LIBRARY_RPC_ID, TRIBES_E_SEND_OPTION, TRIBES_E_CHANNEL_LISTENER for
   * an id that is in use in this program.
   */
  rpc(id: string | Uint8Array, options: RpcServiceOptions = {}): RpcService {
    const { node, access, logger } = this.#parts;
    this.#outgoing.check();
    const bytes = Buffer.from(id);
    const text = bytes.toString('latin1');
    if (/-(?:map|SSO-cache)$/.test(text)) {
      throw new TribesError('TRIBES_E_LIBRARY_RPC_ID', { id: text });
    }
    const { channel } = node.messages;
    return new RpcService({
      ...options,
      ...{ id: bytes, channel, access, logger, outgoing: this.#outgoing },
    });
  }

  /** What the coordinator interceptor has found; undefined where `channel.interceptors` has none. */
  get coordination(): CoordinationView | undefined {
    const { channel, messages } = this.#parts.node;
    const { view } = messages.channel;
    if (view === undefined) {
      return undefined;
    }
    const members = view.map(clusterMember);
    const [coordinator] = members;
    return { members, coordinator, isCoordinator: view[0]?.key === channel.local.key };
  }

  #received(message: ReceivedMessage): boolean | Promise<boolean> {
    if (this.#listeners.size === 0 || !this.#parts.isOpen() || !isOfPrograms(message)) {
      return false;
    }
    const given = new ChannelMessage(message, this.#parts.access);
    const told = Promise.allSettled([...this.#listeners].map((listener) => this.#tell(listener, given)));
    const outcome = told.then((results) => {
      const failed = results.find(({ status }) => status === 'rejected');
      if (failed !== undefined) {
        throw new TribesError('TRIBES_E_LIBRARY_LISTENER', {});
      }
      return true;
    });
    if ((message.options & ACK_OPTIONS) === ACK_OPTIONS) {
      return outcome;
    }
    outcome.catch(() => undefined); // logged, and nobody asks
    return true;
  }

  /** At once; rejects when it fails, which is logged. */
  async #tell(listener: MessageListener, message: ChannelMessage): Promise<void> {
    try {
      await listener(message);
    } catch (error) {
      const fields = { sender: message.sender.name, error: messageOf(error) };
      this.#parts.logger.error(fields, 'a listener of the program failed');
      throw error;
    }
  }
}
