import { inspect } from 'node:util';
import type { InterceptorSpec } from '../base/index.js';
import { formatInterceptors } from './interceptor-text.js';
import type { SettingText } from './origin.js';
import type { Settings } from './settings-schema.js';

/**
 * An interceptor as a program names it: by its class name, with attributes (`{ name: 'TcpFailureDetector', connectTimeout: 500 }`), or as
 * it stands in the settings in force.
 */
export type InterceptorInput =
  | string
  | { readonly name: string; readonly [attribute: string]: string | number | boolean }
  | InterceptorSpec;

type InputOf<T> = T extends readonly InterceptorSpec[] ? readonly InterceptorInput[] : T;

/**
 * Settings as a program gives them: by element and attribute, each optional. Undefined: not set; null: unset, where a
 * setting may be.
 */
export type SettingsInput = {
  readonly [Element in keyof Settings]?:
    | (Settings[Element] extends string
        ? Settings[Element]
        : {
            readonly [Attribute in keyof Settings[Element]]?:
              InputOf<Settings[Element][Attribute]> | undefined;
          })
    | undefined;
};

/** What a program has set, as texts, so that it is held to what a flag is held to. */
export function* programTexts(settings: SettingsInput): Generator<SettingText> {
  for (const [element, value] of Object.entries(settings) as [string, unknown][]) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [attribute, inner] of Object.entries(value) as [string, unknown][]) {
        yield* textOf(`${element}.${attribute}`, inner);
      }
    } else {
      yield* textOf(element, value);
    }
  }
}

function* textOf(name: string, value: unknown): Generator<SettingText> {
  if (value !== undefined) {
    yield { name, text: settingText(value), origin: { kind: 'program', place: 'set by the program' } };
  }
}

function settingText(value: unknown): string {
  if (Array.isArray(value)) {
    return value.map(listItem).join(',');
  }
  // No setting is an object or a symbol; the error shall show what it is.
  return value === null ? '' : typeof value === 'string' ? value : inspect(value);
}

function listItem(item: unknown): string {
  if (typeof item !== 'object' || item === null) {
    return String(item);
  }
  if ('className' in item) {
    return formatInterceptors([item as InterceptorSpec]);
  }
  const { name, ...others } = item as Readonly<Record<string, unknown>>;
  const attributes = new Map(Object.entries(others).map(([key, value]) => [key, String(value)]));
  return formatInterceptors([{ className: String(name), attributes }]);
}
