import {
  defaultJavaLimits,
  silentLogger,
  systemClock,
  type Logger,
  type Timer,
} from '../../src/base/index.js';
import {
  GroupChannel,
  interceptorFactory,
  LazyReplicatedMap,
  MapService,
  type MapValues,
  type ReceivedMessage,
} from '../../src/channel/index.js';
import { readObject } from '../../src/java/index.js';
import { NioReceiver, PooledParallelSender } from '../../src/transport/index.js';
import { ClassName, messageClassName, messageLimits } from '../../src/wire/index.js';
import { randomNumbers } from '../scenarios/chance.js';
import type { HeldEntry, HistoryMember, Identity, MemberOptions, Written } from './history-member.js';
import { decodeNote, encodeNote } from './note.js';
import { quickClock } from './quick-clock.js';
import { ToldMembership } from './told-membership.js';
import { UnreliableTransmitter } from './unreliable-transmitter.js';

const MAP = 'history';
/** `HistoryMember.java` has a tenth of the times of a BackupManager, too. */
const QUICK = quickClock(10);
const TICK_MS = 1_000;

/** Our own channel and map, on the loopback interface, as a member of a history. */
export class OurMember implements HistoryMember {
  readonly #membership = new ToldMembership();
  readonly #link: UnreliableTransmitter;
  readonly #channel: GroupChannel;
  readonly #texts = new Map<string, string>();
  #map: LazyReplicatedMap | undefined;
  #service: MapService<LazyReplicatedMap> | undefined;
  #ticks: Timer | undefined;
  readonly #logger: Logger;

  private constructor({ seed }: MemberOptions, logger: Logger) {
    this.#logger = logger;
    const clock = systemClock;
    const transmitter = new PooledParallelSender({ clock, logger });
    this.#link = new UnreliableTransmitter(transmitter, randomNumbers(seed));
    this.#channel = new GroupChannel({
      clock: QUICK,
      logger,
      receiver: new NioReceiver({ clock, logger, settings: { address: '127.0.0.1', port: 0 } }),
      transmitter: this.#link,
      createMembership: () => this.#membership,
      interceptors: [interceptorFactory({ className: 'MessageDispatchInterceptor' })],
    });
  }

  static async open(options: MemberOptions, logger: Logger = silentLogger): Promise<OurMember> {
    const member = new OurMember(options, logger);
    await member.#channel.start();
    return member;
  }

  get identity(): Identity {
    const { port, uniqueId } = this.#channel.local;
    return { port, uniqueId };
  }

  come(other: Identity): Promise<void> {
    this.#membership.come(other);
    return Promise.resolve();
  }

  go(other: Identity): Promise<void> {
    this.#membership.go(other);
    return Promise.resolve();
  }

  cut({ port }: Identity): Promise<void> {
    this.#link.cut(port);
    return Promise.resolve();
  }

  mend({ port }: Identity): Promise<void> {
    this.#link.mend(port);
    return Promise.resolve();
  }

  disturb(loss: number): Promise<void> {
    this.#link.disturb(loss);
    return Promise.resolve();
  }

  join(): Promise<void> {
    return new Promise((joined) => {
      const service = new MapService<LazyReplicatedMap>({
        channel: this.#channel,
        clock: QUICK,
        logger: this.#logger,
        name: MAP,
        limits: defaultJavaLimits,
        groupOf: (member) => String(this.#channel.dialectOf(member).memberImplUid),
        createMap: () =>
          (this.#map = new LazyReplicatedMap({ values: this.#values(), local: () => this.#channel.local })),
        encodeValue: (key) => {
          const text = this.#texts.get(key);
          return text === undefined ? null : encodeNote(text);
        },
        joined: () => joined(),
      });
      this.#service = service;
      this.#channel.addMembershipListener({
        memberAdded: () => undefined,
        memberDisappeared: (member) => service.memberDisappeared(member),
        heartbeat: () => service.heartbeat(),
      });
      this.#channel.addChannelListener({ messageReceived: (message) => this.#received(service, message) });
      this.#ticks = QUICK.every(TICK_MS, () => service.tick());
      service.start();
      if (service.maps.size === 0) {
        joined(); // it is alone: the map is made when somebody comes
      }
    });
  }

  put(key: string, text: string): Promise<Written> {
    return this.#with((service, map, resolve) => {
      this.#texts.set(key, text);
      service.with(map, (now) => map.put(key, now, () => resolve(this.#backups(key))));
    });
  }

  change(key: string, text: string): Promise<Written> {
    return this.#with((service, map, resolve) => {
      const changed = (isPrimary: boolean): void => {
        if (!isPrimary || !this.#texts.has(key)) {
          resolve(undefined);
          return;
        }
        this.#texts.set(key, text);
        const ended = (): void => resolve(this.#backups(key));
        service.with(map, (now) => map.changed(key, Buffer.from(text), now, ended));
      };
      service.with(map, (now) => map.takeOver(key, now, changed));
    });
  }

  remove(key: string): Promise<void> {
    const [service, map] = [this.#service, this.#map];
    if (service !== undefined && map !== undefined) {
      service.with(map, () => map.remove(key));
    }
    return Promise.resolve();
  }

  dump(): Promise<readonly HeldEntry[]> {
    const entries = [...(this.#map?.entries() ?? [])].map(({ key, role, primary, nodes }) => ({
      key,
      role,
      primary: primary?.port ?? null,
      backups: nodes.map(({ port }) => port),
      text: this.#texts.get(key) ?? null,
    }));
    return Promise.resolve(entries);
  }

  async crash(): Promise<void> {
    this.#link.die();
    this.#ticks?.cancel();
    await this.#channel.stop();
  }

  #with(
    act: (
      service: MapService<LazyReplicatedMap>,
      map: LazyReplicatedMap,
      resolve: (written: Written) => void,
    ) => void,
  ): Promise<Written> {
    const [service, map] = [this.#service, this.#map];
    if (service === undefined || map === undefined) {
      return Promise.resolve(undefined);
    }
    return new Promise((resolve) => act(service, map, resolve));
  }

  #backups(key: string): Written {
    const entry = this.#map?.entry(key);
    return entry?.role === 'primary' ? entry.nodes.map(({ port }) => port) : undefined;
  }

  #received(service: MapService<LazyReplicatedMap>, message: ReceivedMessage): boolean {
    if (messageClassName(message.payload) !== ClassName.MAP_MESSAGE) {
      return false;
    }
    service.messageReceived(message, readObject(message.payload, messageLimits));
    return true;
  }

  #values(): MapValues {
    const texts = this.#texts;
    return {
      has: (key) => texts.has(key),
      replace: (key, valuedata) => {
        texts.set(key, decodeNote(valuedata));
        return true;
      },
      apply: (key, diff) => {
        texts.set(key, diff.toString());
        return true;
      },
      accessed: () => undefined,
      ended: (key) => void texts.delete(key),
      settled: () => undefined,
    };
  }
}
