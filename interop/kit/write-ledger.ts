import type { MirroredSession } from './mirror-node.js';

/** What an `AcknowledgedWriter` has written into one session; undefined where there is no session. */
type Content =
  | { readonly id: string; readonly attributes: ReadonlyMap<string, number>; readonly filler?: number }
  | undefined;

/** One session as it must be, or, where a change was tried and never acknowledged, as it may be. */
interface Account {
  content: Content;
  /** What its last change would make of it, until that is known. */
  attempt?: { readonly content: Content };
  /** What was said of it, the last of it. */
  readonly story: string[];
}

/** Lines kept of each session's story. */
const STORY_LINES = 12;

/** As AcknowledgedWriter.java makes it. */
const MAX_FILLER = 3000;

/**
 * What became of every change that an `AcknowledgedWriter` tried: an acknowledged one must be there for ever, one that
 * failed may be there whole or not at all, until somebody has looked.
 */
export class WriteLedger {
  /** Changes acknowledged, and those of which nobody can say whether they were made. */
  acknowledged = 0;
  failed = 0;
  readonly #now: () => string;
  /** By writer and slot: what the writers go on changing. */
  readonly #current = new Map<string, Account>();
  /** By writer: what it is changing, or changed last. */
  readonly #trying = new Map<string, { key: string; account: Account }>();
  /** What no writer will touch again. */
  readonly #left = new Set<Account>();

  constructor(now: () => string = () => new Date().toISOString()) {
    this.#now = now;
  }

  /** One line of AcknowledgedWriter. @throws Error for a line that is none */
  note(line: string): void {
    const [writer = '', verb, ...words] = line.split(' ');
    if (verb === 'try') {
      this.#try(writer, words);
      return;
    }
    const trial = this.#trying.get(writer);
    if (trial === undefined || (verb !== 'acknowledged' && verb !== 'failed')) {
      throw new Error(`no line of a writer: ${line}`);
    }
    const { key, account } = trial;
    this.#tell(account, [verb, ...words].join(' '));
    if (verb === 'failed') {
      this.failed += 1;
      this.#current.delete(key);
      this.#left.add(account);
      return;
    }
    this.acknowledged += 1;
    account.content = account.attempt?.content;
    delete account.attempt;
    if (account.content === undefined) {
      this.#current.delete(key);
      this.#left.add(account);
    }
  }

  /**
   * Holds what was found against what must be. What is found of a doubtful change is then what must stay.
   *
   * @param found every session of the context
   * @returns what is lost or has come from nowhere, with the session's story
   */
  compare(found: ReadonlyMap<string, MirroredSession>): string[] {
    const unexplained = new Set(found.keys());
    const faults: string[] = [];
    for (const account of [...this.#current.values(), ...this.#left]) {
      const possible =
        account.attempt === undefined ? [account.content] : [account.content, account.attempt.content];
      const ids = new Set(possible.flatMap((content) => (content === undefined ? [] : [content.id])));
      const seen = [...ids].flatMap((id) => found.get(id) ?? []);
      ids.forEach((id) => unexplained.delete(id));
      const match = possible.findIndex((content) => isContent(seen, content));
      if (match === -1) {
        faults.push(fault(account, possible, seen));
      } else {
        account.content = possible[match];
      }
      delete account.attempt;
    }
    return [
      ...faults,
      ...[...unexplained].map((id) => `session ${id}: nobody has it any more, and here it is`),
    ];
  }

  #try(writer: string, [slot = '', kind = '', id = '', ...words]: readonly string[]): void {
    const key = `${writer}/${slot}`;
    const account = this.#current.get(key) ?? { content: undefined, story: [] };
    this.#current.set(key, account);
    this.#trying.set(writer, { key, account });
    account.attempt = { content: changed(account.content, kind, id, words) };
    this.#tell(account, [kind, id, ...words].join(' '));
  }

  #tell({ story }: Account, text: string): void {
    story.push(`${this.#now()} ${text}`);
    if (story.length > STORY_LINES) {
      story.shift();
    }
  }
}

function changed(before: Content, kind: string, id: string, words: readonly string[]): Content {
  const [word = '', number] = words;
  const attributes = new Map(before?.attributes);
  const filler = before?.filler === undefined ? {} : { filler: before.filler };
  switch (kind) {
    case 'create':
      return { id, attributes: new Map() };
    case 'write':
      return { id, attributes: attributes.set(word, Number(number)), filler: Number(number) % MAX_FILLER };
    case 'remove':
      attributes.delete(word);
      return { id, attributes, ...filler };
    case 'rename':
      return { id: word, attributes, ...filler };
    case 'expire':
      return undefined;
    default:
      throw new Error(`a writer does not ${kind}`);
  }
}

function isContent(seen: readonly MirroredSession[], content: Content): boolean {
  const [session, ...others] = seen;
  if (content === undefined || session === undefined) {
    return content === undefined && session === undefined;
  }
  return others.length === 0 && session.id === content.id && sketch(session) === told(content);
}

/** A found session's attributes in one line; the filler by its length. */
function sketch({ attributes }: MirroredSession): string {
  return inOrder(
    Object.entries(attributes).map(([name, { value }]) => [
      name,
      name === 'filler' ? `${String(value).length} letters` : JSON.stringify(value),
    ]),
  );
}

function told(content: Content): string {
  if (content === undefined) {
    return 'no session';
  }
  const { attributes, filler } = content;
  return inOrder([
    ...[...attributes].map(([name, value]): [string, string] => [name, String(value)]),
    ...(filler === undefined ? [] : ([['filler', `${filler} letters`]] as [string, string][])),
  ]);
}

function inOrder(entries: readonly (readonly [string, string])[]): string {
  return entries
    .map(([name, value]) => `${name}: ${value}`)
    .sort()
    .join(', ');
}

function fault({ story }: Account, possible: readonly Content[], seen: readonly MirroredSession[]): string {
  const expected = possible.map((content) => `${content?.id ?? ''} {${told(content)}}`).join(' or ');
  const found = seen.map((session) => `${session.id} {${sketch(session)}}`).join(' and ') || 'no session';
  return [`expected ${expected}, found ${found}; its story:`, ...story].join('\n      ');
}
