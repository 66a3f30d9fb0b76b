/** One request of a user, which wrote a number into an attribute of the session, and what came of it. */
export interface UserRequest {
  /** Milliseconds since 1970. */
  readonly begun: number;
  readonly ended: number;
  readonly attribute: string;
  /** Each request of a user writes a greater one than all before. */
  readonly value: number;
  readonly answer?: UserAnswer;
  /** Why there is no answer; then nobody knows whether the number was written. */
  readonly trouble?: string;
}

/** What the application answers. */
export interface UserAnswer {
  readonly id: string;
  /** Who is logged in. */
  readonly user: string | null;
  /** What the session held before this request wrote. */
  readonly held: Readonly<Record<string, number>>;
}

/** Requests that a story tells. */
const STORY_REQUESTS = 12;

/**
 * What one user wrote and read, one request after the other. Since nobody else writes into the session, each request must
 * find what the last acknowledged one has left; or what an unanswered one was about to write.
 */
export class UserHistory {
  readonly faults: string[] = [];
  readonly #name: string;
  readonly #user: string | null;
  readonly #requests: UserRequest[] = [];
  readonly #settled = new Map<string, number>();
  /** Requests up to the first fault. */
  #faultAt: number | undefined;
  readonly #doubtful: { readonly attribute: string; readonly value: number }[] = [];

  /** @param user who is logged in at the application all the time, if anybody */
  constructor(name: string, user: string | null) {
    this.#name = name;
    this.#user = user;
  }

  get requests(): readonly UserRequest[] {
    return this.#requests;
  }

  /** The session's id as the user knows it. */
  get session(): string | undefined {
    return this.#requests.findLast(({ answer }) => answer !== undefined)?.answer?.id;
  }

  note(request: UserRequest): void {
    this.#requests.push(request);
    const { attribute, value, answer } = request;
    if (answer === undefined) {
      this.#doubtful.push({ attribute, value });
      return;
    }
    if (answer.user !== this.#user) {
      this.#fault(`is ${answer.user ?? 'nobody'} instead of ${this.#user ?? 'nobody'}`);
    }
    this.found(answer.held);
    this.#settle(attribute, value);
  }

  /** Holds what a session was found to hold against what it must. What is found of a doubtful write must then stay. */
  found(held: Readonly<Record<string, number>>): void {
    for (const attribute of new Set([...this.#settled.keys(), ...Object.keys(held)])) {
      const value = held[attribute];
      const expected = this.#settled.get(attribute);
      if (value === expected) {
        continue;
      }
      if (!this.#doubtful.some((write) => write.attribute === attribute && write.value === value)) {
        this.#fault(`${attribute} is ${value ?? 'not there'} instead of ${expected ?? 'not there'}`);
      }
      if (value === undefined) {
        this.#settled.delete(attribute);
      } else {
        this.#settle(attribute, value);
      }
    }
  }

  /** What the user did and saw: up to the first fault, or the last of it. */
  story(): string[] {
    const end = this.#faultAt ?? this.#requests.length;
    return this.#requests.slice(Math.max(0, end - STORY_REQUESTS), end).map((request) => {
      const { begun, ended, attribute, value, answer, trouble } = request;
      const what =
        answer === undefined
          ? `no answer: ${trouble ?? ''}`
          : `session ${answer.id}, user ${answer.user ?? 'none'}, held ${Object.keys(answer.held).length} numbers, here ${answer.held[attribute] ?? 'none'}`;
      return `${clock(begun)} to ${clock(ended)} ${attribute} = ${value}: ${what}`;
    });
  }

  #settle(attribute: string, value: number): void {
    this.#settled.set(attribute, value);
    const open = this.#doubtful.filter((write) => write.attribute !== attribute || write.value > value);
    this.#doubtful.splice(0, Infinity, ...open);
  }

  #fault(what: string): void {
    this.#faultAt ??= this.#requests.length;
    this.faults.push(`${this.#name} ${what}; session ${this.session ?? 'unknown'}`);
  }
}

function clock(time: number): string {
  return new Date(time).toISOString().slice(11, 23);
}
