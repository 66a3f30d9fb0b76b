import { settingsByName, toServerXml, type SettingName } from '../../config/index.js';
import { usageError } from '../arguments.js';
import { ExitCode, type Command, type Invocation } from '../command.js';
import { printableJson, table } from '../terminal-text.js';

export const configCommand: Command = {
  name: 'config',
  usage: 'config [--set] [--json | --to-server-xml]',
  summary: 'shows what is in force, and where each value came from',
  details: [
    'Reads the settings as every other command does: flags, environment, the file of --config, and the Cluster of',
    "--server-xml PATH, a Tomcat's own server.xml; its ${…} come from --property NAME=VALUE, from the",
    'catalina.properties beside it, and from the environment. With several Clusters in it, --cluster says which:',
    'Catalina for that of an Engine, Catalina/localhost for that of a Host. What cannot be honoured is warned of.',
    '',
    '--set             only what does not have its default',
    '--json            {"NAME": {"value": "…", "from": "…"}}',
    '--to-server-xml   the Cluster element with which a Tomcat joins this node; keys are left to a property',
  ].join('\n'),
  switches: ['set', 'json', 'to-server-xml'],
  options: [],
  run({ settings, texts, origins, switches, words, terminal }) {
    if (words.length > 0 || (switches.has('json') && switches.has('to-server-xml'))) {
      throw usageError(words.length > 0 ? `"${words.join(' ')}" is not understood` : 'choose one form', this);
    }
    if (switches.has('to-server-xml')) {
      terminal.out(toServerXml(settings));
    } else {
      terminal.out(shown({ texts, origins }, switches));
    }
    return Promise.resolve(ExitCode.OK);
  },
};

function shown(
  { texts, origins }: Pick<Invocation, 'texts' | 'origins'>,
  switches: ReadonlySet<string>,
): string {
  const rows: [name: SettingName, value: string, from: string][] = [];
  for (const name of settingsByName.keys()) {
    const { kind, place } = origins.get(name) ?? { kind: 'default', place: 'default' };
    if (kind !== 'default' || !switches.has('set')) {
      rows.push([name, texts.get(name) ?? '', place]);
    }
  }
  return switches.has('json')
    ? `${printableJson(Object.fromEntries(rows.map(([name, value, from]) => [name, { value, from }])), 2)}\n`
    : table([['SETTING', 'VALUE', 'FROM'], ...rows]);
}
