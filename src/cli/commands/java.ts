import { isTribesError, type JavaLimits, type ViewLimits } from '../../base/index.js';
import {
  isValue,
  javaClassName,
  jsonView,
  readStream,
  writeStream,
  type JavaContent,
  type Json,
} from '../../java/index.js';
import { javaLimits, viewLimits } from '../../node/index.js';
import { usageError } from '../arguments.js';
import { ExitCode, type Command, type Terminal } from '../command.js';
import { readInput } from '../read-input.js';
import { printable, printableJson } from '../terminal-text.js';

export const javaCommand: Command = {
  name: 'java',
  usage: 'java FILE… [--check] [--json]',
  summary: 'shows what Java object streams hold',
  details: [
    'Each FILE is what an ObjectOutputStream wrote: a file, a pipe, or "-" for the standard input. Nothing of',
    'it is run: bytes are data.',
    '',
    '--check   reads and re-writes each file: one line "same FILE: …", "differs FILE: …" or "refused FILE: …"',
    '          each; the exit code is 1 unless all are the same',
    '--json    one JSON value a line, one for each file',
    '',
    'The limits are the settings java.*; docs/limits.md lists them. docs/json-view.md says how values are shown.',
  ].join('\n'),
  switches: ['check', 'json'],
  options: [],
  async run({ words, settings, switches, terminal }) {
    if (words.length === 0) {
      throw usageError('FILE is missing', this);
    }
    const treat = switches.has('check') ? check : show;
    let isGood = true;
    for (const path of words) {
      isGood =
        (await treat({
          path,
          terminal,
          java: javaLimits(settings),
          view: viewLimits(settings),
          json: switches.has('json'),
        })) && isGood;
    }
    return isGood ? ExitCode.OK : ExitCode.NO;
  },
};

interface Task {
  readonly path: string;
  readonly terminal: Terminal;
  readonly java: JavaLimits;
  readonly view: ViewLimits;
  readonly json: boolean;
}

/** True when the file could be shown. */
async function show({ path, terminal, java, view, json }: Task): Promise<boolean> {
  let bytes: Buffer;
  let shown: ShownStream;
  try {
    bytes = await readInput(path, java.maxBytes, () => terminal.input());
    shown = shownStream(bytes, java, view);
  } catch (error) {
    terminal.err(`${printable(`tribes: ${path}: ${why(error)}`)}\n`);
    return false;
  }
  const { contents, opaque } = shown;
  if (json) {
    terminal.out(
      `${printableJson({ file: path, bytes: bytes.length, contents, ...(opaque && { opaque }) })}\n`,
    );
    return true;
  }
  terminal.out(`${printable(path)}: ${bytes.length} bytes\n`);
  for (const { kind, class: className, value } of contents) {
    terminal.out(`${printable(kind === 'value' ? (className ?? 'null') : kind)}\n`);
    terminal.out(value === undefined ? '' : `${printableJson(value, 2)}\n`);
  }
  if (opaque) {
    terminal.out(`not understood: ${printable(printableJson(opaque))}\n`);
  }
  return true;
}

/** True when what is written is what was read. */
async function check({ path, terminal, java, json }: Task): Promise<boolean> {
  const { result, reason } = await checked(path, terminal, java);
  terminal.out(
    json
      ? `${printableJson({ file: path, result, why: reason })}\n`
      : `${printable(`${result} ${path}: ${reason}`)}\n`,
  );
  return result === 'same';
}

async function checked(
  path: string,
  terminal: Terminal,
  java: JavaLimits,
): Promise<{ result: 'same' | 'differs' | 'refused'; reason: string }> {
  try {
    const bytes = await readInput(path, java.maxBytes, () => terminal.input());
    const stream = readStream(bytes, java);
    const written = writeStream(stream);
    if (!written.equals(bytes)) {
      return { result: 'differs', reason: difference(bytes, written) };
    }
    const { opaque } = stream;
    const part = opaque
      ? `, of which ${opaque.bytes.length} are kept without being understood (${opaque.reason})`
      : '';
    return { result: 'same', reason: `${bytes.length} bytes${part}` };
  } catch (error) {
    return { result: 'refused', reason: why(error) };
  }
}

function difference(read: Buffer, written: Buffer): string {
  const length = Math.min(read.length, written.length);
  let offset = 0;
  while (offset < length && read[offset] === written[offset]) {
    offset++;
  }
  return offset === length
    ? `${read.length} bytes were read, ${written.length} written`
    : `from offset ${offset} on: ${hex(read, offset)} was read, ${hex(written, offset)} written`;
}

const hex = (bytes: Buffer, offset: number): string => bytes.subarray(offset, offset + 8).toString('hex');

interface ShownContent {
  readonly kind: 'value' | 'blockData' | 'reset' | 'exception';
  readonly class?: string | null;
  readonly value?: Json;
}

interface ShownStream {
  readonly contents: readonly ShownContent[];
  readonly opaque?: {
    readonly reason: string;
    readonly class: string;
    readonly offset: number;
    readonly bytes: number;
  };
}

function shownStream(bytes: Buffer, java: JavaLimits, view: ViewLimits): ShownStream {
  const { contents, opaque } = readStream(bytes, java);
  const shown = contents.map((content) => shownContent(content, view));
  if (opaque === undefined) {
    return { contents: shown };
  }
  const { reason, className, offset } = opaque;
  return { contents: shown, opaque: { reason, class: className, offset, bytes: opaque.bytes.length } };
}

function shownContent(content: JavaContent, view: ViewLimits): ShownContent {
  if (isValue(content)) {
    return { kind: 'value', class: javaClassName(content), value: jsonView(content, view) };
  }
  switch (content.kind) {
    case 'blockData':
      return { kind: 'blockData', value: content.bytes.toString('base64') };
    case 'reset':
      return { kind: 'reset' };
    case 'exception':
      return {
        kind: 'exception',
        class: javaClassName(content.thrown),
        value: jsonView(content.thrown, view),
      };
  }
}

function why(error: unknown): string {
  if (isTribesError(error)) {
    return `${error.code}: ${error.message}`;
  }
  throw error;
}
