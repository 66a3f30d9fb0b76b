import type { Logger } from '../../base/index.js';
import type { Member } from '../../membership/index.js';
import { MapMessageType } from '../../wire/index.js';
import type { MapEntry } from './map-types.js';

const NAMES = new Map<number, string>(Object.entries(MapMessageType).map(([name, code]) => [code, name]));

/** What is told of a message. */
export interface TracedMessage {
  readonly msgtype: number;
  readonly key: string | null;
  readonly diff?: boolean;
  readonly primary: Member | null;
  readonly nodes: readonly Member[] | null;
}

/** Tells every message of a map in the log, with the level `debug`. Keys of maps may be session ids: they are told as such. */
export class MapTrace {
  readonly #logger: Logger;
  readonly #map: string;

  constructor(logger: Logger, map: string) {
    this.#logger = logger;
    this.#map = map;
  }

  received(from: Member, message: TracedMessage, entry: Pick<MapEntry<string>, 'role'> | undefined): void {
    this.#tell('came', [from], message, entry?.role);
  }

  sent(to: readonly Member[], message: TracedMessage): void {
    this.#tell('goes', to, message);
  }

  #tell(
    way: 'came' | 'goes',
    members: readonly Member[],
    { msgtype, key, diff, primary, nodes }: TracedMessage,
    role?: string,
  ): void {
    const fields = {
      map: this.#map,
      type: NAMES.get(msgtype) ?? msgtype,
      [way === 'came' ? 'from' : 'to']: namesOf(members),
      ...(key !== null && { sessionId: key }),
      ...(diff === true && { diff }),
      ...(primary !== null && { primary: primary.name }),
      ...(nodes !== null && nodes.length > 0 && { nodes: namesOf(nodes) }),
      ...(role !== undefined && { role }),
    };
    this.#logger.debug(fields, way === 'came' ? 'a map message came' : 'a map message goes');
  }
}

function namesOf(members: readonly Member[]): string {
  return members.map(({ name }) => name).join(' ');
}
