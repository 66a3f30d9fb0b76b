import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { TribesError, messageOf } from '../base/index.js';

/**
 * What the file or the pipe `path` holds, or, for `-`, the standard input. It is read in pieces, and no more of it than
 * `maxBytes` and the piece that is too much. Devices are refused unopened: they need not have an end.
 *
 * Error: TRIBES_E_CLI_FILE.
 */
export async function readInput(
  path: string,
  maxBytes: number,
  standardInput: () => AsyncIterable<Uint8Array>,
): Promise<Buffer> {
  try {
    return await readBounded(path === '-' ? standardInput() : await openInput(path, maxBytes), maxBytes);
  } catch (error) {
    throw new TribesError('TRIBES_E_CLI_FILE', { path, reason: messageOf(error) }, { cause: error });
  }
}

async function openInput(path: string, maxBytes: number): Promise<AsyncIterable<Uint8Array>> {
  const found = await stat(path);
  if (!found.isFile() && !found.isFIFO()) {
    throw new Error(`it is ${found.isDirectory() ? 'a directory' : 'a device'}, not a file or a pipe`);
  }
  if (found.size > maxBytes) {
    throw tooLong(`${found.size}`, maxBytes);
  }
  return createReadStream(path, { highWaterMark: 2 ** 20 });
}

async function readBounded(source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of source) {
    length += piece.length;
    if (length > maxBytes) {
      throw tooLong(`${length} or more`, maxBytes);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}

function tooLong(bytes: string, maxBytes: number): Error {
  return new Error(`it has ${bytes} bytes, java.maxBytes is ${maxBytes}`);
}
