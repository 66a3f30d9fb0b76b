import { LogThrottle, messageOf, type Clock, type Logger } from '../base/index.js';
import type { JavaValue } from '../java/index.js';
import type { AskOptions, Member, StaticMessageHandler, StaticMessenger } from '../membership/index.js';
import {
  ClassName,
  decodeStaticMemberMessage,
  encodeStaticMemberMessage,
  messageClassName,
  SEND_OPTIONS,
  staticMemberMessageObject,
  staticMemberMessageOf,
  type Dialect,
  type StaticMemberMessage,
} from '../wire/index.js';
import type { Channel } from './channel.js';
import { MemberUids, type ServletApi } from './member-uids.js';
import { RpcChannel, type RpcRequest } from './rpc-channel.js';

export interface StaticMessengerParts {
  readonly channel: Pick<
    Channel,
    | 'send'
    | 'registerRpcService'
    | 'declineRpc'
    | 'discoverRpcServices'
    | 'addChannelListener'
    | 'observeDialect'
  >;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of Tomcats of which nothing is known yet. Default: auto. */
  readonly servletApi?: ServletApi;
}

/** What the ids of all static memberships end with. */
const SUFFIX = '-StaticMembership';

/**
 * The messages of a StaticMembershipService: START and PING are calls, STOP is an object of its own
 * (org.apache.catalina.tribes.membership.StaticMembershipProvider).
 *
 * They carry a member as a Java object, which a Tomcat of another line refuses with an error in its log. A member of which
 * the line is not known is asked in the form of one line after the other until it answers (`MemberUids`).
 */
export class StaticMembershipMessenger implements StaticMessenger {
  readonly #parts: StaticMessengerParts;
  readonly #uids: MemberUids;
  readonly #complaints: LogThrottle;
  #rpc: RpcChannel | undefined;

  constructor(parts: StaticMessengerParts) {
    this.#parts = parts;
    this.#uids = new MemberUids(parts.servletApi ?? 'auto');
    this.#complaints = new LogThrottle(parts.clock, { logger: parts.logger });
  }

  /** To be called once. */
  listen(membershipId: Buffer, handler: StaticMessageHandler): void {
    const { channel, clock, logger } = this.#parts;
    this.#rpc = new RpcChannel({
      channel,
      clock,
      logger,
      rpcId: membershipId,
      onRequest: (request) => this.#requested(request, handler),
    });
    channel.discoverRpcServices(({ rpcId }, { sender }) => {
      const name = rpcId.toString('latin1');
      if (name.endsWith(SUFFIX) && this.#complaints.admit(`name ${name}`) > 0) {
        const ours = membershipId.toString('latin1').slice(0, -SUFFIX.length);
        const fields = { member: sender.name, channelName: name.slice(0, -SUFFIX.length), ours };
        logger.warn(fields, 'a static membership of another channel asks: see staticMembership.channelName');
      }
      return undefined;
    });
    channel.addChannelListener({
      messageReceived: ({ payload, sender, isByteMessage }) => {
        if (isByteMessage || messageClassName(payload) !== ClassName.STATIC_MEMBER_MESSAGE) {
          return false;
        }
        const message = decodeStaticMemberMessage(payload, (seen) => channel.observeDialect(sender, seen));
        const isForUs = message.membershipId?.equals(membershipId) === true;
        if (isForUs) {
          handler.told(message);
        }
        return isForUs;
      },
    });
  }

  #requested(request: RpcRequest, handler: StaticMessageHandler): void {
    const answer = handler.requested(this.#read(request.message, request.received.sender));
    if (answer === undefined) {
      request.decline();
    } else {
      request.reply((dialect) => staticMemberMessageObject(answer, dialect));
    }
  }

  async ask(
    destinations: readonly Member[],
    message: StaticMemberMessage,
    { timeoutMs, onAnswer }: AskOptions,
  ): Promise<{ readonly faulty: readonly Member[] }> {
    const { channel, clock, logger } = this.#parts;
    const asked = destinations.filter((member) => this.#uids.mayAsk(member.name, clock.monotonic()));
    for (const member of asked) {
      channel.observeDialect(member, { seen: 'memberImpl', uid: this.#uids.of(member.name) });
    }
    const outcome = await this.#rpc?.call({
      destinations: asked,
      message: (dialect) => staticMemberMessageObject(message, dialect),
      replies: 'all',
      byAddress: true,
      options: SEND_OPTIONS.ASYNCHRONOUS,
      timeoutMs,
      onResponse: ({ member, message: answer }) => {
        try {
          onAnswer(this.#read(answer, member));
        } catch (error) {
          logger.debug(
            { member: member.name, error: messageOf(error) },
            'a member message is not understood',
          );
        }
      },
    });
    const understood = new Set(
      [...(outcome?.responses ?? []).map(({ member }) => member), ...(outcome?.declined ?? [])].map(
        ({ name }) => name,
      ),
    );
    const faulty = outcome?.faulty ?? [];
    for (const { name } of asked) {
      if (understood.has(name)) {
        this.#uids.understood(name);
      } else if (!faulty.some((member) => member.name === name)) {
        this.#uids.unanswered(name, clock.monotonic());
      }
    }
    return { faulty };
  }

  async tell(destinations: readonly Member[], message: StaticMemberMessage): Promise<void> {
    const { channel, logger } = this.#parts;
    const encode = (dialect: Dialect): Buffer => encodeStaticMemberMessage(message, dialect);
    try {
      await channel.send(destinations, encode, SEND_OPTIONS.ASYNCHRONOUS);
    } catch (error) {
      logger.debug({ error: messageOf(error) }, 'a member message could not be sent');
    }
  }

  /** Errors: those of the codec. */
  #read(message: JavaValue, sender: Member): StaticMemberMessage {
    return staticMemberMessageOf(message, (observation) => {
      this.#parts.channel.observeDialect(sender, observation);
      if (observation.seen === 'memberImpl') {
        this.#uids.seen(sender.name, observation.uid);
      }
    });
  }
}
