export {
  loadSettings,
  settingsWith,
  SOURCE_FLAGS,
  type LoadedSettings,
  type SettingSources,
} from './load-settings.js';
export { toServerXml } from './server-xml/to-server-xml.js';
export { didYouMean } from './nearest.js';
export type { Origin, OriginKind } from './origin.js';
export type { InterceptorInput, SettingsInput } from './program-settings.js';
export type { Setting } from './setting.js';
export {
  isSettingName,
  settingsByName,
  variableOf,
  type SettingName,
  type Settings,
} from './settings-schema.js';
