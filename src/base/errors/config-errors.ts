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
  TRIBES_E_SERVER_XML_SYNTAX: {
    message: '{origin} is not understood: {reason}',
    cause: 'The file named by --server-xml or TRIBES_SERVER_XML is not well-formed XML, or has a DOCTYPE.',
    remedy: 'Name the server.xml that a Tomcat starts with; take a DOCTYPE out of it.',
  },
  TRIBES_E_SERVER_XML_CLUSTER: {
    message: 'which Cluster of {file} is meant is not clear: {problem}',
    cause: 'The server.xml has no Cluster element in an Engine or a Host, or several and none was chosen.',
    remedy:
      'Choose one with --cluster: the name of the Engine, as Catalina, or of the Engine and the Host, as Catalina/localhost.',
  },
  TRIBES_E_PROPERTY: {
    message: '--property must be NAME=VALUE, not "{text}"',
    cause: 'A property for server.xml has no name or no value.',
    remedy: 'Write it as for the JVM of that Tomcat, without -D: --property cluster.port=4000.',
  },
} as const satisfies ErrorEntries;
