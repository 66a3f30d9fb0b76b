import { DIALECTS, type Dialect } from '../../src/wire/index.js';
import { vectorFiles, type Vector } from '../support/vectors.js';

/** A golden vector with the dialect of the Tomcat that made it. */
export interface WireVector extends Vector {
  readonly file: string;
  readonly dialect: Dialect;
}

const DIALECT_OF: readonly (readonly [RegExp, Dialect])[] = [
  [/ 7\.0\.109\b/, DIALECTS['tomcat-7.0.104']],
  [/ 8\.5\.100\b/, DIALECTS['tomcat-8.5.83']],
  [/ 9\.0\.(70|121)\b/, DIALECTS['tomcat-9.0.66']],
  [/ (10\.1\.(59|60)|11\.0\.25)\b/, DIALECTS['tomcat-10.1.40']],
];

/** The vectors of the files that begin with one of `prefixes` and whose class matches `javaClass`. */
export function wireVectors(prefixes: readonly string[], javaClass: RegExp): WireVector[] {
  const found = prefixes
    .flatMap((prefix) => [...vectorFiles(prefix)])
    .flatMap(([file, vectors]) => vectors.map((vector) => ({ ...vector, file, dialect: dialectOf(vector) })))
    .filter((vector) => javaClass.test(vector.class));
  if (found.length === 0) {
    throw new Error(`no vector of ${prefixes.join(', ')} is of a class like ${String(javaClass)}`);
  }
  return found;
}

function dialectOf({ producer }: Vector): Dialect {
  const known = DIALECT_OF.find(([release]) => release.test(producer));
  if (known === undefined) {
    throw new Error(`no dialect for vectors of ${producer}`);
  }
  return known[1];
}

export function hex(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('hex');
}

/** `stream` with its last string `text` replaced by an Externalizable of protocol version 1, which has no end. */
export function withOpaque(stream: Buffer, text: string): Buffer {
  const opaque = [...vectorFiles('06-stream').values()]
    .flat()
    .find(({ name }) => name === 'externalizable-v1');
  const at = stream.lastIndexOf(text) - 3;
  if (opaque === undefined || at < 0) {
    throw new Error(`nothing to put in the place of ${text}`);
  }
  return Buffer.concat([
    stream.subarray(0, at),
    opaque.bytes.subarray(4),
    stream.subarray(at + 3 + text.length),
  ]);
}
