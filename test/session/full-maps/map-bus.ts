import { uniqueId, type UniqueId } from '../../../src/base/index.js';
import type {
  Channel,
  ChannelListener,
  EncodeForDialect,
  ReceivedMessage,
  RpcHandler,
  SendOutcome,
} from '../../../src/channel/index.js';
import type { Member } from '../../../src/membership/index.js';
import {
  DIALECTS,
  encodeMirrorPayload,
  encodeRpcMessage,
  NEWEST_DIALECT,
  rpcHeadOf,
  SEND_OPTIONS,
  type Dialect,
  type RpcHead,
} from '../../../src/wire/index.js';
import { fakeMember } from '../support/fake-channel.js';

type Discovery = Parameters<Channel['discoverRpcServices']>[0];

/** Channels of one process that reach each other at once. */
export class MapBus {
  /** Ports of Tomcats 9, whose members those of 10.1 cannot read. */
  readonly nines = new Set<number>();
  readonly channels: BusChannel[] = [];
  /** Ports of those of whom nobody knows yet what they can read. */
  readonly strangers = new Set<number>();
  /** Whether Tomcats take mirrors for Tomcats of their own release, as real ones do. */
  readonly hidesMirrors: boolean;

  constructor({ hidesMirrors = false } = {}) {
    this.hidesMirrors = hidesMirrors;
  }

  /** @param id of the member, a number: who comes again with another one is another. */
  channel(port: number, id = port % 256, isMirror = false): BusChannel {
    const channel = new BusChannel(this, port, uniqueId(Buffer.alloc(16, id)), isMirror);
    this.channels.push(channel);
    return channel;
  }

  leave(channel: BusChannel): void {
    this.channels.splice(this.channels.indexOf(channel), 1);
  }
}

export class BusChannel implements Channel {
  readonly local: Member;
  readonly isMirror: boolean;
  /** Messages that have reached it. */
  received = 0;
  readonly #bus: MapBus;
  readonly #handlers = new Map<string, RpcHandler>();
  readonly #discoveries: Discovery[] = [];
  readonly #plain = new Map<string, Member>();
  readonly #listeners: ChannelListener[] = [];

  constructor(bus: MapBus, port: number, id: UniqueId, isMirror: boolean) {
    this.#bus = bus;
    this.isMirror = isMirror;
    this.local = fakeMember(port, 1000, id, isMirror ? encodeMirrorPayload() : undefined);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  /** Tomcats that cannot read each other are left out: what they would say to each other is nothing. */
  members(): readonly Member[] {
    const isNine = ({ local: { info } }: BusChannel): boolean => this.#bus.nines.has(info.port);
    return this.#bus.channels
      .filter((other) => other !== this)
      .filter((other) => this.isMirror || other.isMirror || isNine(other) === isNine(this))
      .map(({ local }) => this.#known(local));
  }

  /** The member as it is known here. */
  #known(member: Member): Member {
    const { info, uniqueId: id, key } = member;
    const known =
      this.isMirror || !this.#bus.hidesMirrors
        ? member
        : (this.#plain.get(key) ?? fakeMember(info.port, 1000, id));
    this.#plain.set(key, known);
    return known;
  }

  async send(to: readonly Member[], encode: EncodeForDialect, options: number): Promise<SendOutcome> {
    const delivered: Member[] = [];
    const faulty: { member: Member; cause: Error }[] = [];
    for (const member of to) {
      const channel = this.#bus.channels.find(({ local }) => local.key === member.key);
      if (channel === undefined) {
        faulty.push({ member, cause: new Error('it is not there') });
        continue;
      }
      const payload = Buffer.from(encode(this.dialectOf(member)));
      await channel.receive({
        payload,
        isByteMessage: false,
        sender: this.local,
        options,
        timestamp: 0,
        uniqueId: this.local.uniqueId,
      });
      delivered.push(member);
    }
    return { delivered, faulty };
  }

  async receive(received: ReceivedMessage): Promise<void> {
    const message = { ...received, sender: this.#known(received.sender) };
    this.received++;
    const head = rpcHeadOf(message.payload);
    if (head === null) {
      for (const listener of this.#listeners) {
        await listener.messageReceived(message);
      }
      return;
    }
    const found =
      this.#handlers.get(head.rpcId.toString('hex')) ??
      (head.kind === 'request'
        ? this.#discoveries
            .map((discover) => discover(head, message))
            .find((handler) => handler !== undefined)
        : undefined);
    if (found !== undefined) {
      await found.messageReceived(head, message);
    } else if (head.kind === 'request') {
      this.declineRpc(head, message.sender);
    }
  }

  dialectOf(member: Member): Dialect {
    const { port } = this.isMirror ? member.info : this.local.info;
    return this.#bus.nines.has(port) ? DIALECTS['tomcat-9.0.34'] : NEWEST_DIALECT;
  }

  hasShownMemberImpl({ info }: Member): boolean {
    return !this.#bus.strangers.has(info.port);
  }

  observeDialect(): void {
    // It is known from the beginning.
  }

  addChannelListener(listener: ChannelListener): void {
    this.#listeners.push(listener);
  }

  addMembershipListener(): void {
    // Nobody tells.
  }

  registerRpcService(rpcId: Uint8Array, handler: RpcHandler): () => void {
    const id = Buffer.from(rpcId).toString('hex');
    this.#handlers.set(id, handler);
    return () => this.#handlers.delete(id);
  }

  discoverRpcServices(discovery: Discovery): void {
    this.#discoveries.push(discovery);
  }

  declineRpc({ uuid, rpcId }: Pick<RpcHead, 'uuid' | 'rpcId'>, caller: Member): void {
    void this.send(
      [caller],
      () => encodeRpcMessage({ kind: 'no-rpc-channel-reply', uuid, rpcId }),
      SEND_OPTIONS.ASYNCHRONOUS,
    );
  }

  setSynchronised(): void {
    // Nobody looks.
  }
}
