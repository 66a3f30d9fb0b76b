import { TribesError } from '../base/index.js';
import { didYouMean } from './nearest.js';
import { DEFAULT_ORIGIN, type Origin, type SettingText } from './origin.js';
import { programTexts, type SettingsInput } from './program-settings.js';
import type { ClusterReading } from './server-xml/cluster-reading.js';
import { readServerXml } from './server-xml/server-xml.js';
import { readSettingsFile } from './settings-file.js';
import {
  isSettingName,
  settingsByName,
  variableOf,
  type SettingName,
  type Settings,
} from './settings-schema.js';

/** Flags that name where settings are to be read, and their variables. */
export const SOURCE_FLAGS = {
  config: 'TRIBES_CONFIG',
  'server-xml': 'TRIBES_SERVER_XML',
  cluster: 'TRIBES_CLUSTER',
} as const;

type SourceFlag = keyof typeof SOURCE_FLAGS;

const NO_SERVER_XML: ClusterReading = { settings: [], warnings: [] };

/** Where settings may come from. */
export interface SettingSources {
  /** What a program sets itself; comes before everything else. */
  readonly settings?: SettingsInput;
  /**
   * By setting name, without the dashes; `config` names the settings file, `server-xml` a Tomcat's server.xml and `cluster` which
   * Cluster of that is meant.
   */
  readonly flags?: Iterable<readonly [name: string, text: string]>;
  /** `process.env`, or a part of it. An empty variable counts as not set. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Properties for server.xml, as `-Dname=value` gives them to a JVM. */
  readonly properties?: ReadonlyMap<string, string>;
}

/** The settings in force, and where each comes from. */
export interface LoadedSettings {
  readonly settings: Settings;
  /** The value of each as one would write it; without keys. */
  readonly texts: ReadonlyMap<SettingName, string>;
  readonly origins: ReadonlyMap<SettingName, Origin>;
  /** What was not taken although it looks meant for us, one line each. */
  readonly warnings: readonly string[];
}

/**
 * The settings in force: program before flag before environment before file before server.xml before default.
 *
 * Errors: TRIBES_E_SETTING_UNKNOWN, _VALUE, _CONFLICT, TRIBES_E_CONFIG_FILE, _SYNTAX, TRIBES_E_SERVER_XML_…. The first one found is thrown.
 */
export function loadSettings({
  settings: own = {},
  flags = [],
  environment = {},
  properties,
}: SettingSources): LoadedSettings {
  const fromFlags = new Map(flags);
  const source = (flag: SourceFlag): string | undefined => {
    const text = fromFlags.get(flag) ?? environment[SOURCE_FLAGS[flag]];
    fromFlags.delete(flag);
    return text === '' ? undefined : text;
  };
  const [config, path, cluster] = [source('config'), source('server-xml'), source('cluster')];
  const serverXml =
    path === undefined
      ? NO_SERVER_XML
      : readServerXml({ path, environment, ...(cluster && { cluster }), ...(properties && { properties }) });
  const written = new Map<SettingName, SettingText>();
  for (const entry of [
    ...serverXml.settings,
    ...(config === undefined ? [] : readSettingsFile(config)),
    ...environmentTexts(environment),
    ...[...fromFlags].map(([name, text]) => flagText(name, text)),
    ...programTexts(own),
  ]) {
    written.set(knownName(entry), entry);
  }
  const values = new Map<SettingName, unknown>();
  const origins = new Map<SettingName, Origin>();
  const texts = new Map<SettingName, string>();
  for (const [name, { defaultText, shown = (text: string) => text }] of settingsByName) {
    const entry = written.get(name);
    texts.set(name, shown(entry?.text ?? defaultText));
    values.set(name, valueOf(name, entry));
    origins.set(name, entry?.origin ?? DEFAULT_ORIGIN);
  }
  const settings = nested(values);
  checkTogether(settings, origins);
  return { settings, texts, origins, warnings: [...serverXml.warnings, ...unknownVariables(environment)] };
}

/** Settings that are all default but for `overrides`, given as texts by name. Errors as `loadSettings`. */
export function settingsWith(overrides: Readonly<Record<string, string>> = {}): Settings {
  return loadSettings({ flags: Object.entries(overrides) }).settings;
}

function flagText(name: string, text: string): SettingText {
  return { name, text, origin: { kind: 'flag', place: `--${name}` } };
}

function* environmentTexts(
  environment: Readonly<Record<string, string | undefined>>,
): Generator<SettingText> {
  for (const name of settingsByName.keys()) {
    const variable = variableOf(name);
    const text = environment[variable];
    if (text !== undefined && text !== '') {
      yield { name, text, origin: { kind: 'environment', place: variable } };
    }
  }
}

function unknownVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set([...settingsByName.keys()].map(variableOf));
  Object.values(SOURCE_FLAGS).forEach((variable) => known.add(variable));
  return Object.keys(environment)
    .filter((variable) => variable.startsWith('TRIBES_') && !known.has(variable))
    .map((variable) => `the environment variable ${variable} is no setting${didYouMean(variable, known)}`);
}

function knownName({ name, origin }: SettingText): SettingName {
  if (isSettingName(name)) {
    return name;
  }
  throw new TribesError('TRIBES_E_SETTING_UNKNOWN', {
    name,
    origin: origin.place,
    suggestion: didYouMean(name, settingsByName.keys()),
  });
}

function valueOf(name: SettingName, entry: SettingText | undefined): unknown {
  const setting = settingsByName.get(name);
  const text = entry?.text ?? setting?.defaultText;
  const result = setting?.type.safeParse(text);
  if (result?.success === true) {
    return result.data;
  }
  throw new TribesError('TRIBES_E_SETTING_VALUE', {
    name,
    allowed: setting?.allowed ?? '',
    value: setting?.shown?.(text ?? '') ?? text ?? '',
    origin: (entry?.origin ?? DEFAULT_ORIGIN).place,
  });
}

function nested(values: ReadonlyMap<SettingName, unknown>): Settings {
  const settings: Record<string, unknown> = {};
  for (const [name, value] of values) {
    const [element = name, attribute] = name.split('.');
    if (attribute === undefined) {
      settings[element] = value;
    } else {
      settings[element] = { ...(settings[element] as object | undefined), [attribute]: value };
    }
  }
  return settings as Settings;
}

/** What no single setting can know. */
function checkTogether(settings: Settings, origins: ReadonlyMap<SettingName, Origin>): void {
  const conflict = (name: SettingName, value: number, other: SettingName, otherValue: number, rule: string) =>
    new TribesError('TRIBES_E_SETTING_CONFLICT', {
      name,
      value,
      origin: (origins.get(name) ?? DEFAULT_ORIGIN).place,
      other,
      otherValue,
      otherOrigin: (origins.get(other) ?? DEFAULT_ORIGIN).place,
      rule,
    });
  const { membership, receiver } = settings;
  if (membership.dropTime <= membership.frequency) {
    throw conflict(
      'membership.dropTime',
      membership.dropTime,
      'membership.frequency',
      membership.frequency,
      'members would be taken for gone between two heartbeats',
    );
  }
  if (receiver.maxBufferedBytes < receiver.maxFrameBytes) {
    throw conflict(
      'receiver.maxBufferedBytes',
      receiver.maxBufferedBytes,
      'receiver.maxFrameBytes',
      receiver.maxFrameBytes,
      'a message of the largest size would never fit',
    );
  }
}
