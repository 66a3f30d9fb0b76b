import type { ErrorEntries } from './error-entry.js';

export const configErrors = {
  TRIBES_E_SETTING_UNKNOWN: {
    message: 'there is no setting {name} ({origin}){suggestion}',
    cause: 'A flag or a line of the settings file names a setting that does not exist.',
    remedy: 'Correct the name; docs/settings.md lists every setting.',
  },
  TRIBES_E_SETTING_VALUE: {
    message: '{name} must be {allowed}, not "{value}" ({origin})',
    cause: 'The value of a setting cannot be read, or lies outside the range that is allowed.',
    remedy: 'Give a value that is allowed, or leave the setting out to get its default.',
  },
  TRIBES_E_SETTING_NO_VALUE: {
    message: '{name} needs a value: {allowed}',
    cause: 'A flag stands at the end of the command line, or directly before another flag.',
    remedy: 'Write the value behind the flag, as "--name value" or "--name=value".',
  },
  TRIBES_E_SETTING_CONFLICT: {
    message:
      '{name} is {value} ({origin}), which does not go with {other} {otherValue} ({otherOrigin}): {rule}',
    cause: 'Two settings are each allowed but contradict one another.',
    remedy: 'Change one of the two.',
  },
  TRIBES_E_CONFIG_FILE: {
    message: 'the settings file {path} cannot be read: {reason}',
    cause:
      'The file named by --config or TRIBES_CONFIG is missing, too large, or not readable for this user.',
    remedy: 'Check the path and the permissions of the file.',
  },
  TRIBES_E_CONFIG_SYNTAX: {
    message: 'the settings file is not understood at {origin}: {reason}',
    cause: 'The file is not valid YAML or JSON, or its shape is not that of a settings file.',
    remedy: 'A settings file holds elements with attributes, as "receiver:" and under it "port: 4000".',
  },
} as const satisfies ErrorEntries;
