import type { JavaLimits, ShareGroup } from '../base/index.js';
import { readQuickly, type InternedText, type QuickInput } from '../java/index.js';
import { DELTA_TYPES, DeltaActionCode } from './delta-request.js';
import type { DialectObserver } from './dialect.js';

/** What a delta request comes to, where it is as most are: each name stands in it once, and no value shares anything. */
export interface QuickDelta {
  readonly attributes: QuickChanges;
  readonly notes: QuickChanges;
  /** One that brings listeners is read the plain way. */
  readonly listeners: readonly never[];
  /** Seconds. */
  readonly maxInactiveInterval?: number;
  readonly authType?: string | null;
  /** One that sets a principal is read the plain way. */
  readonly principal?: null;
}

export interface QuickChanges {
  /** Each value in a stream of its own. */
  readonly set: readonly ShareGroup[];
  readonly removed: readonly string[];
}

/** So many names are compared each with each sooner than put into a set. */
const FEW = 16;

const NO_CHANGES: QuickChanges = { set: [], removed: [] };
const NO_LISTENERS: readonly never[] = [];
const NOTE_ACTION = { seen: 'noteAction' } as const;

/**
 * Reads the payload of EVT_SESSION_DELTA. Undefined for one that is not as most are, which says nothing about it: it has to
 * be read with `decodeDeltaRequest` then, which also says what is wrong with it if anything is.
 */
export function readQuickDelta(
  payload: Buffer,
  observe: DialectObserver,
  limits: JavaLimits,
): QuickDelta | undefined {
  const delta = readQuickly(payload, limits, readDelta);
  if (delta !== undefined && delta.notes !== NO_CHANGES) {
    observe(NOTE_ACTION);
  }
  return delta;
}

function readDelta(input: QuickInput): QuickDelta {
  const { attributes, notes, fields } = readActions(input);
  const cuts = input.takeCuts();
  const delta = {
    attributes: attributes.changes(cuts),
    notes: notes?.changes(cuts) ?? NO_CHANGES,
    listeners: NO_LISTENERS,
  };
  return fields === undefined ? delta : { ...delta, ...fields };
}

/** What is to be known of a delta that is read later. */
export interface PlainDeltaFacts {
  /** Seconds; undefined where it stays as it is. */
  readonly maxInactiveInterval: number | undefined;
}

/**
 * Checks the payload of EVT_SESSION_DELTA: undefined, but where `readQuickDelta` reads it, and it changes nothing but
 * attributes, `isNew` and `maxInactiveInterval`.
 */
export function checkPlainDelta(payload: Buffer, limits: JavaLimits): PlainDeltaFacts | undefined {
  return readQuickly(payload, limits, checkDelta);
}

const NO_FACTS: PlainDeltaFacts = { maxInactiveInterval: undefined };

function checkDelta(input: QuickInput): PlainDeltaFacts {
  const { notes, fields } = readActions(input);
  if (notes !== undefined || fields?.authType !== undefined || fields?.principal !== undefined) {
    input.giveUp();
  }
  return fields?.maxInactiveInterval === undefined
    ? NO_FACTS
    : { maxInactiveInterval: fields.maxInactiveInterval };
}

interface Actions {
  readonly attributes: NamedActions;
  readonly notes: NamedActions | undefined;
  readonly fields: Fields | undefined;
}

/** Values are cut out on the way. */
function readActions(input: QuickInput): Actions {
  const attributes = attributeActions.begin();
  let notes: NamedActions | undefined;
  let fields: Fields | undefined;
  // The id of the session, and recordAllActions.
  input.skipUTF();
  input.readBoolean();
  for (let left = readCount(input); left > 0; left--) {
    const type = DELTA_TYPES[input.readInt()];
    const isSet = readAction(input) === DeltaActionCode.SET;
    const name = input.readName();
    const hasValue = input.readBoolean();
    if (type === 'attribute') {
      attributes.read(input, isSet, name, hasValue);
    } else if (type === 'note') {
      notes ??= noteActions.begin();
      notes.read(input, isSet, name, hasValue);
    } else {
      fields ??= {};
      readField(type, isSet, hasValue, input, fields);
    }
  }
  if (attributes.hasTwice || notes?.hasTwice === true) {
    input.giveUp();
  }
  return { attributes, notes, fields };
}

type Fields = { -readonly [K in 'maxInactiveInterval' | 'authType' | 'principal']?: QuickDelta[K] };

function readField(
  type: (typeof DELTA_TYPES)[number] | undefined,
  isSet: boolean,
  hasValue: boolean,
  input: QuickInput,
  fields: Fields,
): void {
  if (type === 'isNew' && hasValue) {
    input.readBooleanObject();
  } else if (type === 'maxInactiveInterval' && hasValue) {
    fields.maxInactiveInterval = input.readIntegerObject();
  } else if (type === 'authType') {
    const value = hasValue ? input.readStringObject() : null;
    fields.authType = isSet ? value : null;
  } else if (type === 'principal' && !hasValue) {
    fields.principal = null;
  } else {
    input.giveUp();
  }
}

function readCount(input: QuickInput): number {
  const count = input.readInt();
  return count < 0 ? input.giveUp() : count;
}

function readAction(input: QuickInput): number {
  const action = input.readInt();
  const { SET, REMOVE } = DeltaActionCode;
  return action === SET || action === REMOVE ? action : input.giveUp();
}

/** In place of a cut. */
const REMOVED = -1;
/** Room that is kept for the next delta. */
const MAX_KEPT = 1024;

/** The actions on attributes, or on notes, of one delta after the other. */
class NamedActions {
  readonly #names: InternedText[] = [];
  /** Numbers of their values among all that were cut out; or `REMOVED`. */
  readonly #cuts: number[] = [];
  #count = 0;

  /** Begins those of another delta. */
  begin(): this {
    this.#count = 0;
    if (this.#names.length > MAX_KEPT) {
      this.#names.length = 0;
      this.#cuts.length = 0;
    }
    return this;
  }

  /** A null value removes (`StandardSession.setAttribute`). */
  read(input: QuickInput, isSet: boolean, name: InternedText, hasValue: boolean): void {
    const isRemoved = !hasValue || (isSet && input.skipNull());
    if (!isRemoved && !isSet) {
      input.giveUp();
    }
    this.#names[this.#count] = name;
    this.#cuts[this.#count] = isRemoved ? REMOVED : input.cutObject();
    this.#count++;
  }

  /** @param cuts everything that was cut out. */
  changes(cuts: readonly Buffer[]): QuickChanges {
    const set: ShareGroup[] = [];
    const removed: string[] = [];
    for (let i = 0; i < this.#count; i++) {
      const name = this.#names[i] as InternedText;
      const cut = this.#cuts[i] as number;
      if (cut === REMOVED) {
        removed.push(name.text);
      } else {
        set.push({ names: name.alone, stream: cuts[cut] as Buffer });
      }
    }
    return { set, removed };
  }

  /** Whether a name stands in it twice. */
  get hasTwice(): boolean {
    const names = this.#names;
    if (this.#count > FEW) {
      return new Set(names.slice(0, this.#count).map(({ text }) => text)).size < this.#count;
    }
    for (let i = 1; i < this.#count; i++) {
      const { text } = names[i] as InternedText;
      for (let j = 0; j < i; j++) {
        if ((names[j] as InternedText).text === text) {
          return true;
        }
      }
    }
    return false;
  }
}

/** Each delta is read to its end, and what was made of it, before another one is. */
const attributeActions = new NamedActions();
const noteActions = new NamedActions();
