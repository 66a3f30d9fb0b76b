import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A golden vector: bytes that a real Tomcat or JDK made, and what they mean. */
export interface Vector {
  readonly name: string;
  readonly producer: string;
  /** What the bytes are. */
  readonly class: string;
  readonly bytes: Buffer;
  readonly fields: Readonly<Record<string, unknown>>;
}

const directory = fileURLToPath(new URL('../../../test/vectors/', import.meta.url));

/** The vectors of every file whose name begins with `prefix`, by file name. */
export function vectorFiles(prefix: string): Map<string, Vector[]> {
  const files = readdirSync(directory).filter((name) => name.startsWith(prefix) && name.endsWith('.json'));
  if (files.length === 0) {
    throw new Error(`no vector file begins with ${prefix}`);
  }
  return new Map(files.sort().map((name) => [name, vectorsOf(name)]));
}

function vectorsOf(fileName: string): Vector[] {
  const file = JSON.parse(readFileSync(directory + fileName, 'utf8')) as {
    vectors: {
      name: string;
      producer: string;
      class: string;
      hex: string;
      fields: Record<string, unknown>;
    }[];
  };
  return file.vectors.map(({ hex, ...rest }) => ({ ...rest, bytes: Buffer.from(hex, 'hex') }));
}
