import { encodeText } from '../../../src/java/modified-utf8.js';

/** A piece of a stream: hexadecimal digits, blanks allowed, or bytes. */
export type Piece = string | Buffer;

/** The bytes of `pieces`, one after the other. */
export function bytes(...pieces: Piece[]): Buffer {
  return Buffer.concat(
    pieces.map((piece) =>
      typeof piece === 'string' ? Buffer.from(piece.replaceAll(' ', ''), 'hex') : piece,
    ),
  );
}

/** A stream that holds `pieces`. */
export function stream(...pieces: Piece[]): Buffer {
  return bytes('aced0005', ...pieces);
}

/** `writeUTF`: length and modified UTF-8. */
export function utf(text: string): Buffer {
  const encoded = encodeText(text);
  return bytes(encoded.length.toString(16).padStart(4, '0'), encoded);
}

/** TC_STRING. */
export function string(text: string): Buffer {
  return bytes('74', utf(text));
}

export function int(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

/** TC_REFERENCE to the handle counted from 0. */
export function ref(handle: number): Buffer {
  return bytes('71', int(0x7e0000 + handle));
}

/** TC_CLASSDESC with an empty annotation. Fields: `I size`; of objects, the type string follows: `L name`, then a piece. */
export function classDesc(
  name: string,
  flags: number,
  fields: readonly (readonly [spec: string, type?: Piece])[] = [],
  superDesc: Piece = '70',
): Buffer {
  const count = fields.length.toString(16).padStart(4, '0');
  const described = fields.flatMap(([spec, type]) => [
    Buffer.from(spec.charAt(0)),
    utf(spec.slice(2)),
    ...(type === undefined ? [] : [type]),
  ]);
  return bytes(
    '72',
    utf(name),
    '0000000000000001',
    flags.toString(16).padStart(2, '0'),
    count,
    ...described,
    '78',
    superDesc,
  );
}
