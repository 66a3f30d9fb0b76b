import type { SessionEvent } from '../session/index.js';

/** `member`, `session` or `attribute`: what the event is about. */
export type EventTopic = 'member' | 'session' | 'attribute';

/** What an event takes beside its texts. */
const EVENT_BYTES = 256;

const TOPICS: Readonly<Record<SessionEvent['type'], EventTopic>> = {
  sessionCreated: 'session',
  sessionAccessed: 'session',
  sessionExpired: 'session',
  sessionIdChanged: 'session',
  sessionChanged: 'session',
  sessionTransferred: 'session',
  attributeChanged: 'attribute',
  attributeRemoved: 'attribute',
};

/**
 * Where an event rests until another takes its place. What is told of sessions is told often, and is taken apart: objects
 * that live for as long as the log keeps them, and no longer, are what a garbage collector has most work with.
 */
export class EventSlot {
  topic: EventTopic = 'session';
  context: string | null = null;
  /** In bytes, as estimated. */
  size = 0;
  /** Null where it is not about a session, and `#detail` is all that there is of it. */
  #type: SessionEvent['type'] | null = null;
  #id = '';
  #at = 0;
  /** What only events of that type have. */
  #detail: object | string | null = null;
  #json: string | null = null;

  set(topic: EventTopic, context: string | null, data: object, textLength: number): void {
    this.topic = topic;
    this.context = context;
    this.size = EVENT_BYTES + 2 * textLength;
    this.#type = null;
    this.#detail = data;
    this.#json = null;
  }

  setSession(event: SessionEvent): void {
    const { type, context, id } = event;
    const detail = detailOf(event);
    const detailLength = typeof detail === 'string' ? detail.length : 0;
    this.topic = TOPICS[type];
    this.context = context;
    this.size = EVENT_BYTES + 2 * (id.length + context.length + detailLength);
    this.#type = type;
    this.#id = id;
    this.#at = event.at;
    this.#detail = detail;
    this.#json = null;
  }

  /** Holds on to nothing any more. */
  clear(): void {
    this.context = null;
    this.size = 0;
    this.#type = null;
    this.#id = '';
    this.#detail = null;
    this.#json = null;
  }

  /** One line; made when it is first asked for. */
  get json(): string {
    return (this.#json ??= JSON.stringify(
      this.#type === null ? this.#detail : this.#sessionEvent(this.#type),
    ));
  }

  #sessionEvent(type: SessionEvent['type']): object {
    const common = { context: this.context, id: this.#id, at: this.#at };
    const detail = this.#detail;
    switch (type) {
      case 'attributeChanged':
      case 'attributeRemoved':
        return { type, name: detail, ...common };
      case 'sessionExpired':
        return { type, reason: detail, ...common };
      case 'sessionIdChanged':
        return { type, newId: detail, ...common };
      case 'sessionChanged':
        return { type, fields: detail, ...common };
      default:
        return { type, ...common };
    }
  }
}

function detailOf(event: SessionEvent): object | string | null {
  switch (event.type) {
    case 'attributeChanged':
    case 'attributeRemoved':
      return event.name;
    case 'sessionExpired':
      return event.reason;
    case 'sessionIdChanged':
      return event.newId;
    case 'sessionChanged':
      return event.fields;
    default:
      return null;
  }
}
