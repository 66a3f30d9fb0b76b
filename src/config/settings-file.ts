import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { isMap, isScalar, LineCounter, parseDocument, type Scalar, type YAMLMap } from 'yaml';
import { TribesError, messageOf } from '../base/index.js';
import type { SettingText } from './origin.js';

const MAX_FILE_BYTES = 2 ** 20;

/** Elements nest two deep (`receiver`, `port`); anything deeper is no settings file. */
const MAX_DEPTH = 4;

/**
 * Reads a settings file: YAML, of which JSON is a part. `receiver: {port: 4000}` and `receiver.port: 4000` are the same.
 * Values are taken as they are written, so that `domain: 1e3` is the text "1e3".
 *
 * Errors: TRIBES_E_CONFIG_FILE, TRIBES_E_CONFIG_SYNTAX.
 */
export function readSettingsFile(path: string): SettingText[] {
  const lines = new LineCounter();
  const document = parseDocument(textOf(path), { lineCounter: lines, merge: false, logLevel: 'error' });
  const placeOf = (offset: number | undefined): string =>
    offset === undefined ? basename(path) : `${basename(path)}:${lines.linePos(offset).line}`;
  const syntaxError = (offset: number | undefined, reason: string) =>
    new TribesError('TRIBES_E_CONFIG_SYNTAX', { origin: placeOf(offset), reason });

  for (const broken of document.errors) {
    throw syntaxError(broken.pos[0], broken.message.replace(/ at line [^]*$/, ''));
  }
  const found: SettingText[] = [];
  const collect = (map: YAMLMap, prefix: string, depth: number): void => {
    for (const { key, value } of map.items) {
      const offset = isScalar(key) ? key.range?.[0] : undefined;
      if (!isScalar(key) || typeof key.value !== 'string') {
        throw syntaxError(offset, 'the name of a setting is expected');
      }
      const name = prefix + key.value;
      if (isMap(value) && depth < MAX_DEPTH) {
        collect(value, `${name}.`, depth + 1);
      } else if (value === null || isScalar(value)) {
        found.push({ name, text: scalarText(value), origin: { kind: 'file', place: placeOf(offset) } });
      } else {
        throw syntaxError(offset, `${name} must be a single value`);
      }
    }
  };
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    return [];
  }
  if (!isMap(contents)) {
    throw syntaxError(contents.range[0], 'elements with attributes are expected');
  }
  collect(contents, '', 1);
  return found;
}

function scalarText(scalar: Scalar | null): string {
  if (scalar === null || scalar.value === null) {
    return '';
  }
  return typeof scalar.value === 'string' ? scalar.value : (scalar.source ?? '');
}

function textOf(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      if (size > MAX_FILE_BYTES) {
        throw new Error(`it has ${size} bytes, at most ${MAX_FILE_BYTES} are expected`);
      }
      return readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new TribesError('TRIBES_E_CONFIG_FILE', { path, reason: messageOf(error) }, { cause: error });
  }
}
