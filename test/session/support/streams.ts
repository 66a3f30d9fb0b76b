import type { ShareGroup } from '../../../src/base/index.js';
import { spliceOutput } from '../../../src/java/index.js';
import { writeSessionList } from '../../../src/wire/index.js';

/** A Java stream that holds these strings. */
export function stringStream(...values: string[]): Buffer {
  const strings = values.map((value) => {
    const text = Buffer.from(value, 'utf8');
    const head = Buffer.from([0x74, 0, 0]);
    head.writeUInt16BE(text.length, 1);
    return Buffer.concat([head, text]);
  });
  return Buffer.concat([Buffer.from('aced0005', 'hex'), ...strings]);
}

/** The strings of such a stream. */
export function stringsOf(stream: Buffer): string[] {
  const values: string[] = [];
  for (let offset = 4; offset < stream.length;) {
    if (stream[offset] !== 0x74) {
      throw new Error(`no string at ${offset}`);
    }
    const end = offset + 3 + stream.readUInt16BE(offset + 1);
    values.push(stream.toString('utf8', offset + 3, end));
    offset = end;
  }
  return values;
}

/** Each value in a group of its own. */
export function groups(values: Readonly<Record<string, string>>): ShareGroup[] {
  return Object.entries(values).map(([name, value]) => ({ names: [name], stream: stringStream(value) }));
}

/** What `groups` was made of, whatever the division into groups. */
export function valuesOf(shareGroups: readonly ShareGroup[]): Record<string, string> {
  const entries = shareGroups.flatMap(({ names, stream }) => {
    const values = stringsOf(stream);
    return names.map((name, i): [string, string] => [name, values[i] ?? '']);
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The payload of ALL_SESSION_DATA with one session of string attributes. */
export function stateOf(
  id: string,
  lastAccessedTime: number,
  values: Readonly<Record<string, string>>,
): Buffer {
  const output = spliceOutput();
  const session = {
    creationTime: 1000n,
    lastAccessedTime: BigInt(lastAccessedTime),
    thisAccessedTime: BigInt(lastAccessedTime),
    maxInactiveInterval: 1800,
    isNew: false,
    isValid: true,
    version: 0n,
    principal: null,
    id,
    notes: null,
    attributes: Object.entries(values).map(([name, value]) => ({ name, value: stringStream(value) })),
    aborted: [],
    listeners: [],
  };
  writeSessionList([session], output, { noteSlots: 'no', principalForm: 'attributes' });
  return output.toBuffer();
}
