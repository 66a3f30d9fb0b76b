import { messageOf, type Clock, type Logger } from '../base/index.js';
import type { NodeView } from '../node/index.js';
import { clusterMember } from './member.js';
import type { MirrorEvent } from './mirror-event.js';

/** Told of every event; what it returns is waited for by nobody, and a rejection is logged. */
export type EventListener = (event: MirrorEvent) => unknown;

/** What is listened to. */
export interface EventSources {
  readonly mirror: Pick<NodeView['mirror'], 'subscribe' | 'onSynchronised'>;
  readonly channel: Pick<NodeView['channel'], 'addMembershipListener'>;
}

export interface EventHubOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Brings the events of the node to whoever wants them, one after the other. A listener that throws harms nobody. */
export class EventHub {
  readonly #logger: Logger;
  readonly #listeners = new Set<EventListener>();
  readonly #closers = new Set<() => void>();
  readonly #mirror: EventSources['mirror'];
  readonly #stopHearing: () => void;
  /** Set while somebody listens: sessions change often, and nothing is made for nobody. */
  #unsubscribe: (() => void) | undefined;
  #open = true;

  constructor({ mirror, channel }: EventSources, { clock, logger }: EventHubOptions) {
    this.#logger = logger;
    this.#mirror = mirror;
    this.#stopHearing = mirror.onSynchronised(() => this.#tell({ type: 'synchronised', at: clock.now() }));
    channel.addMembershipListener({
      memberAdded: (member) =>
        this.#tell({ type: 'memberAdded', at: clock.now(), member: clusterMember(member) }),
      memberDisappeared: (member, reason) =>
        this.#tell({ type: 'memberDisappeared', at: clock.now(), member: clusterMember(member), reason }),
      viewChanged: (view) =>
        this.#tell({ type: 'viewChanged', at: clock.now(), members: view.map(clusterMember) }),
    });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Calls `listener` for every event, and `closed` when there will be none any more; until the returned function is called. */
  add(listener: EventListener, closed: () => void = () => undefined): () => void {
    this.#listeners.add(listener);
    this.#closers.add(closed);
    this.#unsubscribe ??= this.#open ? this.#mirror.subscribe((event) => this.#tell(event)) : undefined;
    return () => {
      this.#listeners.delete(listener);
      this.#closers.delete(closed);
      if (this.#listeners.size === 0) {
        this.#rest();
      }
    };
  }

  close(): void {
    if (this.#open) {
      this.#open = false;
      this.#stopHearing();
      this.#rest();
      const closers = [...this.#closers];
      this.#listeners.clear();
      this.#closers.clear();
      closers.forEach((closed) => closed());
    }
  }

  #rest(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #tell(event: MirrorEvent): void {
    if (!this.#open) {
      return;
    }
    for (const listener of this.#listeners) {
      try {
        const result = listener(event);
        if (result instanceof Promise) {
          result.catch((error: unknown) => this.#failed(event, error));
        }
      } catch (error) {
        this.#failed(event, error);
      }
    }
  }

  #failed({ type: event }: MirrorEvent, error: unknown): void {
    this.#logger.error({ event, error: messageOf(error) }, 'a listener of the program failed');
  }
}
