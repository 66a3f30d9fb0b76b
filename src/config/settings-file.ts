import { basename } from 'node:path';
import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { TribesError } from '../base/index.js';
import { formatInterceptors } from './interceptor-text.js';
import type { SettingText } from './origin.js';
import { isSettingName, settingsByName } from './settings-schema.js';
import { readTextFile } from './text-file.js';

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
  const document = parseDocument(readTextFile(path), { lineCounter: lines, merge: false, logLevel: 'error' });
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
      } else if (isSeq(value) && isListSetting(name)) {
        const text = listText(value, (reason) => syntaxError(offset, `${name}: ${reason}`));
        found.push({ name, text, origin: { kind: 'file', place: placeOf(offset) } });
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

function isListSetting(name: string): boolean {
  return isSettingName(name) && settingsByName.get(name)?.isList === true;
}

/** A list as it would be written in one text: `[a, b]` as `a, b`, and `[{name: A, x: 1}, B]` as `A(x=1), B`. */
function listText(list: YAMLSeq, error: (reason: string) => TribesError): string {
  const texts = list.items.map((item) => {
    if (isScalar(item)) {
      return scalarText(item);
    }
    if (!isMap(item)) {
      throw error('a list of single values, or of elements with attributes, is expected');
    }
    const attributes = new Map<string, string>();
    for (const { key, value } of item.items) {
      if (!isScalar(key) || typeof key.value !== 'string' || !(value === null || isScalar(value))) {
        throw error('the attributes of an element of a list have a single value each');
      }
      attributes.set(key.value, scalarText(value));
    }
    const className = attributes.get('name') ?? attributes.get('className');
    if (className === undefined) {
      throw error('an element of a list needs a name');
    }
    attributes.delete('name');
    attributes.delete('className');
    return formatInterceptors([{ className, attributes }]);
  });
  return texts.join(', ');
}

function scalarText(scalar: Scalar | null): string {
  if (scalar === null || scalar.value === null) {
    return '';
  }
  return typeof scalar.value === 'string' ? scalar.value : (scalar.source ?? '');
}
