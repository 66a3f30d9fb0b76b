import { oneOf, trueOrFalse, type Setting } from './setting.js';
import { membershipSettings } from './settings/membership-settings.js';
import { channelSettings } from './settings/channel-settings.js';
import { serviceSettings } from './settings/service-settings.js';
import { sessionSettings } from './settings/session-settings.js';

/**
 * Every setting of the node, by element and attribute. Names and defaults are Tomcat's own wherever Tomcat has the
 * thing (`McastService`, `NioReceiver`, `PooledParallelSender`). docs/settings.md is made from this table.
 */
export const settingsSchema = {
  ...membershipSettings,
  ...channelSettings,
  ...serviceSettings,
  ...sessionSettings,
  log: {
    level: oneOf(
      ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
      'info',
      'The least important lines that are still written.',
    ),
    redact: trueOrFalse(
      true,
      'Whether session ids and attribute values are left out of the log. Passwords never appear in it.',
    ),
  },
} as const;

type ValuesOf<T> = T extends Setting<infer V> ? V : { readonly [K in keyof T]: ValuesOf<T[K]> };

/** What is in force: every setting with its value. */
export type Settings = ValuesOf<typeof settingsSchema>;

type NamesOf<T, Prefix extends string = ''> = {
  [K in keyof T & string]: T[K] extends Setting<unknown> ? `${Prefix}${K}` : NamesOf<T[K], `${Prefix}${K}.`>;
}[keyof T & string];

/** Element dot attribute: `receiver.port`. */
export type SettingName = NamesOf<typeof settingsSchema>;

/** Every setting by name, in the order of the table. */
export const settingsByName: ReadonlyMap<SettingName, Setting<unknown>> = new Map(entriesOf(settingsSchema));

export function isSettingName(name: string): name is SettingName {
  return settingsByName.has(name as SettingName);
}

/** `membership.dropTime` as `TRIBES_MEMBERSHIP_DROP_TIME`. */
export function variableOf(name: string): string {
  return `TRIBES_${name
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .replace('.', '_')
    .toUpperCase()}`;
}

function isSetting(node: object): node is Setting<unknown> {
  return 'defaultText' in node;
}

function* entriesOf(table: object, prefix = ''): Generator<[SettingName, Setting<unknown>]> {
  for (const [key, node] of Object.entries(table) as [string, object][]) {
    if (isSetting(node)) {
      yield [(prefix + key) as SettingName, node];
    } else {
      yield* entriesOf(node, `${prefix}${key}.`);
    }
  }
}
