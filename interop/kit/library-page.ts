import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './files.js';
import type { Group } from './tomcat-settings.js';

/** The TypeScript of docs/library.md, as one program, and what it says that it prints. */
export interface LibraryProgram {
  readonly source: string;
  /** What the comments behind `console.log` say, line by line. */
  readonly output: string;
}

export interface LibraryPlace {
  readonly group: Group;
  readonly address: string;
  /** Where the program keeps its data. */
  readonly data: string;
  /** The session that the page speaks of. */
  readonly id: string;
}

/**
 * The first block joins, and stands for itself; every other has a scope of its own, after it. Addresses and ports are those
 * of the place. The session has `user`, `count` and `cart`.
 */
export function libraryProgram(place: LibraryPlace): LibraryProgram {
  const page = readFileSync(join(ROOT, 'docs/library.md'), 'utf8');
  const blocks = [...page.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = '']) => code);
  const imports: string[] = [];
  const bodies = blocks.map((block) =>
    block.replace(/^import .*;\n/gm, (line) => {
      imports.push(line);
      return '';
    }),
  );
  const [joining = '', ...rest] = bodies;
  const source = [
    ...imports,
    `const id = ${JSON.stringify(place.id)};`,
    placed(joining, place),
    ...rest.map((body) => `{\n${body}}\n`),
  ].join('\n');
  const output = [...page.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => `${text}\n`);
  return { source, output: output.join('') };
}

/** Each of these stands on the page; an address that is changed there must be changed here. */
function placed(code: string, { group, address, data }: LibraryPlace): string {
  const replacements: readonly [string, string][] = [
    ["'228.0.0.4'", `'${group.address}'`],
    ['45564', String(group.port)],
    ["'192.168.1.10'", `'${address}'`],
    ['port: 4000', 'port: 0'],
    ["'./sessions'", JSON.stringify(data)],
  ];
  return replacements.reduce((text, [from, to]) => {
    if (!text.includes(from)) {
      throw new Error(`docs/library.md does not say ${from} any more`);
    }
    return text.replaceAll(from, to);
  }, code);
}
