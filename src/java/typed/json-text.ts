import { TribesError } from '../../base/index.js';

/** A JSON value that has lost nothing of its text: numbers keep their digits, objects the order of their members. */
export type JsonNode = null | boolean | string | JsonNumber | readonly JsonNode[] | JsonMembers;

/** Members by name, in the order of the text; no name is there twice. */
export type JsonMembers = ReadonlyMap<string, JsonNode>;

/** A number as it was written. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Written without fraction and exponent. */
  get isInteger(): boolean {
    return /^-?\d+$/.test(this.text);
  }
}

/**
 * Reads a JSON text (RFC 8259). Unlike `JSON.parse` it refuses an object that has a name twice, of which one value would be
 * lost, and nesting beyond `maxDepth`.
 *
 * Error: TRIBES_E_WRITE_JSON.
 */
export function readJson(text: string, maxDepth: number): JsonNode {
  return new JsonReader(text, maxDepth).whole();
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// eslint-disable-next-line no-control-regex -- control characters have to be escaped in JSON
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /true|false|null/y;

class JsonReader {
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  whole(): JsonNode {
    const value = this.#value(1);
    this.#space();
    if (this.#at < this.#text.length) {
      throw this.#wrong('something follows the value');
    }
    return value;
  }

  #value(depth: number): JsonNode {
    if (depth > this.#maxDepth) {
      throw this.#wrong(`nested deeper than ${this.#maxDepth}`);
    }
    this.#space();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
      case 'f':
      case 'n':
        return this.#word();
      default:
        return new JsonNumber(this.#match(NUMBER, 'a value'));
    }
  }

  #object(depth: number): JsonMembers {
    const members = new Map<string, JsonNode>();
    this.#at++;
    for (let more = !this.#took('}'); more; more = this.#goesOn('}')) {
      this.#space();
      const name = this.#string();
      if (members.has(name)) {
        throw this.#wrong('a name is there twice');
      }
      if (!this.#took(':')) {
        throw this.#wrong('":" is missing');
      }
      members.set(name, this.#value(depth + 1));
    }
    return members;
  }

  #array(depth: number): readonly JsonNode[] {
    const elements: JsonNode[] = [];
    this.#at++;
    for (let more = !this.#took(']'); more; more = this.#goesOn(']')) {
      elements.push(this.#value(depth + 1));
    }
    return elements;
  }

  #string(): string {
    return JSON.parse(this.#match(STRING, 'a string')) as string;
  }

  #word(): boolean | null {
    const word = this.#match(WORD, 'a value');
    return word === 'null' ? null : word === 'true';
  }

  /** Behind a member or an element: whether another one follows. */
  #goesOn(end: string): boolean {
    if (this.#took(end)) {
      return false;
    }
    if (!this.#took(',')) {
      throw this.#wrong(`"," or "${end}" is missing`);
    }
    return true;
  }

  #took(character: string): boolean {
    this.#space();
    const is = this.#text[this.#at] === character;
    this.#at += is ? 1 : 0;
    return is;
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#text);
    this.#at = SPACE.lastIndex;
  }

  #match(pattern: RegExp, expected: string): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) {
      throw this.#wrong(`${expected} is expected`);
    }
    this.#at += found.length;
    return found;
  }

  #wrong(problem: string): TribesError {
    return new TribesError('TRIBES_E_WRITE_JSON', { problem, offset: this.#at });
  }
}
