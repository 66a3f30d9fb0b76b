import type { ShareGroup } from '../base/index.js';
import type { Access } from './access.js';
import { Attribute } from './attribute.js';
import { AttributeGroup } from './attribute-group.js';
import { Pace } from './pace.js';

/** The attributes of a session as it was when it was looked at. Values are read when somebody asks for them. */
export class Attributes implements AsyncIterable<Attribute> {
  readonly #attributes = new Map<string, Attribute>();
  readonly #access: Access;

  /** @internal */
  constructor(groups: readonly ShareGroup[], access: Access) {
    this.#access = access;
    for (const group of groups) {
      const opened = new AttributeGroup(group, access);
      for (const [index, name] of group.names.entries()) {
        this.#attributes.set(name, new Attribute(opened, index, access));
      }
    }
  }

  get size(): number {
    return this.#attributes.size;
  }

  get names(): string[] {
    return [...this.#attributes.keys()];
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  get(name: string): Attribute | undefined {
    return this.#attributes.get(name);
  }

  /** Every attribute, with turns of the event loop in between where reading takes long. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Attribute, undefined> {
    const pace = new Pace(this.#access.clock);
    for (const attribute of this.#attributes.values()) {
      yield attribute;
      if (pace.isOver) {
        await pace.pause();
      }
    }
  }
}
