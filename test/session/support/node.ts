import {
  type JavaLimits,
  contextName,
  type ContextName,
  type SessionId,
  type SessionLimits,
  type SessionStore,
} from '../../../src/base/index.js';
import { readObject } from '../../../src/java/index.js';
import type { Member } from '../../../src/membership/index.js';
import {
  SimpleTcpCluster,
  type BootTime,
  type SessionEvent,
  type TransferSettings,
  type WriteSettings,
} from '../../../src/session/index.js';
import { MemoryStore } from '../../../src/store/index.js';
import {
  encodeMirrorPayload,
  SessionEventType,
  sessionMessages,
  type SessionMessage,
} from '../../../src/wire/index.js';
import { ManualClock } from '../../support/manual-clock.js';
import { recordingLogger, type LogLine } from '../../support/recording-logger.js';
import { FakeChannel, fakeMember, type Sent } from './fake-channel.js';

export interface NodeOptions {
  readonly limits?: Partial<SessionLimits>;
  readonly transfer?: Partial<TransferSettings>;
  readonly store?: SessionStore;
  readonly clock?: ManualClock;
  readonly port?: number;
  readonly pause?: () => Promise<void>;
  readonly javaLimits?: JavaLimits;
  readonly write?: WriteSettings;
  readonly stateSource?: 'auto' | 'never';
  readonly bootTime?: () => BootTime | null;
  /** False: nobody listens to events; default: the test does. */
  readonly isHeard?: boolean;
}

/** Lets everything happen that can happen without time passing. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => void setImmediate(resolve));
  }
}

/** A node without a network, in virtual time. */
export class TestNode {
  readonly clock: ManualClock;
  readonly store: SessionStore;
  readonly channel: FakeChannel;
  readonly cluster: SimpleTcpCluster;
  readonly events: SessionEvent[] = [];
  readonly lines: (level: LogLine['level']) => LogLine[];

  constructor(options: NodeOptions = {}) {
    const { logger, lines } = recordingLogger();
    this.lines = lines;
    this.clock = options.clock ?? new ManualClock();
    this.store = options.store ?? new MemoryStore({ logger });
    void this.store.open();
    this.channel = new FakeChannel(
      fakeMember(options.port ?? 4999, 0, undefined, encodeMirrorPayload()),
      () => this.clock.now(),
    );
    this.cluster = new SimpleTcpCluster({
      channel: this.channel,
      store: this.store,
      clock: this.clock,
      logger,
      ...(options.limits && { limits: options.limits }),
      ...(options.transfer && { transfer: options.transfer }),
      ...(options.pause && { pause: options.pause }),
      ...(options.stateSource && { stateSource: options.stateSource }),
      ...(options.bootTime && { bootTime: options.bootTime }),
      ...(options.javaLimits && { javaLimits: options.javaLimits }),
      ...(options.write && { write: options.write }),
    });
    this.cluster.listen();
    if (options.isHeard !== false) {
      this.cluster.subscribe((event) => this.events.push(event));
    }
  }

  async join(...members: Member[]): Promise<this> {
    this.channel.setMembers(...members);
    this.cluster.join();
    await settle();
    return this;
  }

  /** Lets `ms` pass, and what comes of it happen. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      this.clock.advance(Math.min(100, left));
      await settle();
    }
  }

  /** The attributes of a session as Java values' own text or number; undefined when it is not there. */
  attributes(id: SessionId, context: ContextName = contextName('localhost#/app')): object | undefined {
    const [record] = this.cluster.find(id, context);
    if (record === undefined) {
      return undefined;
    }
    const entries = record.attributes.flatMap(({ names, stream }) =>
      names.length === 1 ? [[names[0] ?? '', textOf(stream)]] : [[names.join(), 'shared']],
    );
    return Object.fromEntries(entries.sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1))) as object;
  }

  /** What was sent since the last look, in words. */
  sent(): string[] {
    return this.channel.sent.splice(0).map(describeSent);
  }

  /** State of each member, by context. */
  states(): Record<string, string[]> {
    return Object.fromEntries(
      this.cluster
        .contexts()
        .map(({ name, members }) => [
          name,
          members.map(({ state, torn }) => (torn === true ? `${state}, torn` : state)),
        ]),
    );
  }
}

function textOf(stream: Buffer): unknown {
  const value = readObject(stream);
  if (value?.kind === 'string') {
    return value.value;
  }
  return value?.kind === 'object' ? value.parts.at(-1)?.values?.at(-1) : value?.kind;
}

const EVENTS = new Map(Object.entries(SessionEventType).map(([name, type]) => [type as number, name]));

export function eventName({ eventType }: SessionMessage): string {
  return EVENTS.get(eventType) ?? String(eventType);
}

function describeSent({ to, message, options }: Sent): string {
  return `${to.port} ${eventName(message)} ${message.contextName ?? '*'} ${options}`;
}

/**
 * A Tomcat as far as states go: answers the requests of a node with prepared payloads of ALL_SESSION_DATA, by context.
 * @param states read at each request, so that a test may change it.
 */
export function donor(node: TestNode, member: Member, states: Map<ContextName, Buffer>): void {
  const before = node.channel.onSend;
  node.channel.onSend = async (sent) => {
    await before(sent);
    if (sent.to === member && eventName(sent.message) === 'GET_ALL_SESSIONS') {
      const asked = sent.message.contextName;
      node.clock.after(20, () => void answer(node, member, states, asked));
    }
  };
}

async function answer(
  node: TestNode,
  member: Member,
  states: Map<ContextName, Buffer>,
  asked: string | null,
): Promise<void> {
  const listedAt = node.clock.now();
  for (const [context, sessions] of states) {
    if (asked === null || asked === context) {
      await node.channel.say(member, sessionMessages.allSessionData(context, sessions, listedAt));
      await node.channel.say(member, sessionMessages.transferComplete(context, listedAt));
    }
  }
  if (asked !== null && !states.has(contextName(asked))) {
    await node.channel.say(member, sessionMessages.noContextManager(contextName(asked)));
  }
}
