import { TribesError } from '../base/index.js';
import { didYouMean, isSettingName, settingsByName, SOURCE_FLAGS } from '../config/index.js';

/** What a command takes beside the settings. */
export interface ArgumentForm {
  readonly usage: string;
  readonly switches: readonly string[];
  readonly options: readonly string[];
}

export interface Arguments {
  readonly words: readonly string[];
  readonly switches: ReadonlySet<string>;
  readonly options: ReadonlyMap<string, string>;
  /** Settings by name, as texts; `config`, `server-xml` and `cluster` among them. */
  readonly flags: ReadonlyMap<string, string>;
  /** Of `--property NAME=VALUE`. */
  readonly properties: ReadonlyMap<string, string>;
}

const FLAG = /^--([^=]+)(?:=([^]*))?$/;

/**
 * Takes a command line apart: `--name value`, `--name=value`, switches (`--help` for every command), words; after `--` only words. A flag that is
 * given twice counts as given last.
 *
 * Errors: TRIBES_E_SETTING_UNKNOWN, TRIBES_E_SETTING_NO_VALUE, TRIBES_E_CLI_USAGE.
 */
export function parseArguments(argv: readonly string[], form: ArgumentForm): Arguments {
  const words: string[] = [];
  const switches = new Set<string>();
  const options = new Map<string, string>();
  const flags = new Map<string, string>();
  const properties = new Map<string, string>();
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (argument === '--') {
      words.push(...rest);
      break;
    }
    if (argument === '--help' || argument === '-h') {
      switches.add('help');
      continue;
    }
    const [, name, attached] = FLAG.exec(argument) ?? [];
    if (name === undefined) {
      if (/^-[^\d]/.test(argument)) {
        throw usageError(`${argument} is no option`, form);
      }
      words.push(argument);
    } else if (form.switches.includes(name)) {
      if (attached !== undefined) {
        throw usageError(`--${name} takes no value`, form);
      }
      switches.add(name);
    } else if (name === 'property') {
      properties.set(...propertyOf(attached ?? valueAfter(name, rest)));
    } else {
      const target = form.options.includes(name) ? options : flags;
      if (target === flags && !Object.hasOwn(SOURCE_FLAGS, name) && !isSettingName(name)) {
        throw unknownFlag(name, form);
      }
      target.set(name, attached ?? valueAfter(name, rest));
    }
  }
  return { words, switches, options, flags, properties };
}

export function usageError(problem: string, { usage }: { readonly usage: string }): TribesError {
  return new TribesError('TRIBES_E_CLI_USAGE', { problem, usage });
}

function valueAfter(name: string, rest: string[]): string {
  const value = rest[0];
  if (value === undefined || value.startsWith('--')) {
    const allowed = isSettingName(name) ? (settingsByName.get(name)?.allowed ?? '') : 'a text';
    throw new TribesError('TRIBES_E_SETTING_NO_VALUE', { name: `--${name}`, allowed });
  }
  rest.shift();
  return value;
}

function propertyOf(text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  if (at <= 0) {
    throw new TribesError('TRIBES_E_PROPERTY', { text });
  }
  return [text.slice(0, at), text.slice(at + 1)];
}

function unknownFlag(name: string, form: ArgumentForm): TribesError {
  const known = [
    ...settingsByName.keys(),
    ...form.switches,
    ...form.options,
    ...Object.keys(SOURCE_FLAGS),
    'property',
  ];
  return new TribesError('TRIBES_E_SETTING_UNKNOWN', {
    name,
    origin: `--${name}`,
    suggestion: didYouMean(name, known, '--'),
  });
}
