import { TribesError, silentLogger, systemClock, type Clock, type Logger } from '../base/index.js';
import { loadSettings, type SettingsInput } from '../config/index.js';
import { JavaClasses, type JavaConstructor, type RegisterOptions } from '../java/index.js';
import { javaLimits, startNode, viewLimits, type Health, type NodeView } from '../node/index.js';
import type { Access } from './access.js';
import { ClusterChannel } from './cluster-channel.js';
import { Context } from './context.js';
import { Contexts } from './contexts.js';
import { EventHub } from './event-hub.js';
import { EventReader, type EventOptions } from './event-reader.js';
import { clusterMember, type ClusterMember } from './member.js';
import type { MirrorEvent, MirrorEvents } from './mirror-event.js';
import type { Session } from './session.js';
import { Sessions } from './sessions.js';

/** What `Mirror.join` takes beside the settings. */
export interface JoinOptions {
  /** Default: the system's. */
  readonly clock?: Clock;
  /** A pino logger fits. Default: one that says nothing. */
  readonly logger?: Logger;
  /** Breaks the joining off: `Mirror.join` rejects with its reason. */
  readonly signal?: AbortSignal;
  /** The classes of the program that Java objects become. Default: `JavaClasses.shared`. */
  readonly classes?: JavaClasses;
}

/**
 * A member of a Tomcat cluster within the program: it has every session of the cluster, and follows every change.
 *
 * Reading is local: what is read is what the cluster has told so far, and nothing is sent. Methods that send return promises.
 */
export class Mirror implements AsyncDisposable {
  /** The web applications of the cluster. */
  readonly contexts: Contexts;
  /** The sessions of all web applications. */
  readonly sessions: Sessions;
  /** What the mirror shares with other programs beside sessions. */
  readonly channel: ClusterChannel;
  readonly #node: NodeView;
  readonly #access: Access;
  readonly #hub: EventHub;
  readonly #listeners = new Map<string, Map<unknown, () => void>>();
  #stop: () => Promise<void> = () => Promise.resolve();
  #leaving: Promise<void> | undefined;

  private constructor(node: NodeView, access: Access, hub: EventHub, logger: Logger) {
    this.contexts = new Contexts(access);
    this.sessions = new Sessions(access);
    this.channel = new ClusterChannel({ node, access, logger, isOpen: () => hub.isOpen });
    this.#node = node;
    this.#access = access;
    this.#hub = hub;
  }

  /**
   * Joins the cluster; with the default heartbeat that takes two seconds. The sessions come after that: wait for
   * `synchronised` before you take what is not there for gone.
   *
   * @param settings by element and attribute, as in docs/settings.md; those of `http` and `log` are for `tribes mirror`.
   *
   * Errors: TRIBES_E_SETTING_…, and those of `startNode`. Nothing is left running then.
   */
  static async join(settings: SettingsInput = {}, options: JoinOptions = {}): Promise<Mirror> {
    const { clock = systemClock, logger = silentLogger, signal, classes = JavaClasses.shared } = options;
    const loaded = loadSettings({ settings }).settings;
    let mirror: Mirror | undefined;
    const node = await startNode(loaded, {
      clock,
      logger,
      ...(signal && { signal }),
      startFace: (view) => {
        const part = logger.child({ part: 'library' });
        const hub = new EventHub(view, { clock, logger: part });
        const limits = { javaLimits: javaLimits(loaded), viewLimits: viewLimits(loaded) };
        mirror = new Mirror(
          view,
          { mirror: view.mirror, writer: view.writer, classes, clock, ...limits },
          hub,
          part,
        );
        return Promise.resolve({
          stop: () => {
            hub.close();
            return Promise.resolve();
          },
        });
      },
    });
    if (mirror === undefined) {
      throw new TypeError('a node that has started has started its face');
    }
    mirror.#stop = () => node.stop();
    return mirror;
  }

  /**
   * Leaves the cluster, writes what is to be written to the store, and ends every stream of events. Idempotent. Rejects
   * with the first thing that failed.
   */
  leave(): Promise<void> {
    this.#leaving ??= this.#stop();
    return this.#leaving;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  /** This mirror, as the others see it. */
  get local(): ClusterMember {
    return clusterMember(this.#node.channel.local);
  }

  /** The other members, the longest running first. */
  get members(): readonly ClusterMember[] {
    return this.#node.channel.members().map(clusterMember);
  }

  /** Whether it has the sessions of the cluster and can store them; the same as `/healthz`. */
  get health(): Health {
    return this.#node.health();
  }

  /** Prometheus metrics, as text. */
  metrics(): Promise<string> {
    return this.#node.metrics.metrics();
  }

  /** A web application by the name of its manager: `localhost#/app`, or `/app` where the cluster sits in a Host. */
  context(name: string): Context {
    return new Context(name, this.#access);
  }

  /**
   * The session of that id; undefined when there is none. Error: TRIBES_E_LIBRARY_AMBIGUOUS when no context is given and
   * several have one.
   */
  session(id: string, context?: string): Session | undefined {
    const found = (context === undefined ? this.sessions : this.context(context).sessions).find(id);
    if (found.length > 1) {
      throw new TribesError('TRIBES_E_LIBRARY_AMBIGUOUS', { count: found.length });
    }
    return found[0];
  }

  /** Registers a class for this mirror's `classes`; see `JavaClasses.register`. */
  register(
    type: JavaConstructor,
    className: string,
    serialVersionUID?: bigint | string | number,
    options?: RegisterOptions,
  ): this {
    this.#access.classes.register(type, className, serialVersionUID, options);
    return this;
  }

  /**
   * Resolves when the mirror has the sessions of the cluster, at once if it has them already. Rejects with the reason of
   * `signal`, and with TRIBES_E_LIBRARY_LEFT when the mirror leaves before.
   */
  async synchronised({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.#hub.isOpen && this.#access.mirror.synchronisation().state === 'synchronised') {
      return;
    }
    const events = this.events({ types: ['synchronised'], ...(signal && { signal }) });
    const { done } = await events.next();
    await events.return();
    if (done === true) {
      signal?.throwIfAborted();
      throw new TribesError('TRIBES_E_LIBRARY_LEFT', {});
    }
  }

  /**
   * The events from now on, at the pace of whoever reads them: `for await (const event of mirror.events())`. Who is too
   * slow is told how many were dropped (`missed`), and should look at the sessions anew.
   */
  events<Type extends MirrorEvent['type'] = MirrorEvent['type']>(
    options: EventOptions<Type> = {},
  ): EventReader<Type> {
    return new EventReader(this.#hub, options);
  }

  /**
   * Calls `listener` for every event of that type, at once and in order, so it should be quick. What it throws is logged, and
   * harms nobody.
   */
  on<Type extends MirrorEvent['type']>(type: Type, listener: (event: MirrorEvents[Type]) => unknown): this {
    return this.#listen(type, listener, listener);
  }

  /** As `on`, for the next event of that type only. */
  once<Type extends MirrorEvent['type']>(type: Type, listener: (event: MirrorEvents[Type]) => unknown): this {
    return this.#listen(type, listener, (event) => {
      this.off(type, listener);
      return listener(event);
    });
  }

  /** Ends what `on` or `once` began. */
  off<Type extends MirrorEvent['type']>(type: Type, listener: (event: MirrorEvents[Type]) => unknown): this {
    this.#listeners.get(type)?.get(listener)?.();
    this.#listeners.get(type)?.delete(listener);
    return this;
  }

  #listen<Type extends MirrorEvent['type']>(
    type: Type,
    listener: unknown,
    told: (event: MirrorEvents[Type]) => unknown,
  ): this {
    const listeners = this.#listeners.get(type) ?? new Map<unknown, () => void>();
    this.#listeners.set(type, listeners);
    listeners.get(listener)?.();
    const remove = this.#hub.add((event) =>
      event.type === type ? told(event as MirrorEvents[Type]) : undefined,
    );
    listeners.set(listener, remove);
    return this;
  }
}
