import { TribesError, messageOf, version } from '../base/index.js';
import { didYouMean, loadSettings } from '../config/index.js';
import { parseArguments } from './arguments.js';
import { ExitCode, type Terminal } from './command.js';
import { commandHelp, overview } from './help.js';
import { commands } from './commands/index.js';
import { RemoteProblem } from './mirror-client.js';
import { printable } from './terminal-text.js';

/** Runs one command line; resolves to the exit code. Never rejects: what goes wrong is told in one line. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(argv, terminal);
  } catch (error) {
    terminal.err(`tribes: ${errorLine(error)}\n`);
    return error instanceof RemoteProblem && error.status === 404 ? ExitCode.NO : ExitCode.FAILED;
  }
}

async function dispatch([name = 'help', ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === '--version' || name === 'version') {
    terminal.out(`${version()}\n`);
    return ExitCode.OK;
  }
  if (name === 'help' || name === '--help' || name === '-h') {
    terminal.out(rest[0] === undefined ? overview(commands) : commandHelp(commandOf(rest[0])));
    return ExitCode.OK;
  }
  const command = commandOf(name);
  const { words, switches, options, flags, properties } = parseArguments(rest, command);
  if (switches.has('help')) {
    terminal.out(commandHelp(command));
    return ExitCode.OK;
  }
  const loaded = loadSettings({ flags, properties, environment: terminal.environment });
  for (const warning of loaded.warnings) {
    terminal.err(`tribes: warning: ${printable(warning)}\n`);
  }
  return command.run({ ...loaded, terminal, words, switches, options });
}

function commandOf(name: string) {
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const names = [...commands.map((candidate) => candidate.name), 'help'];
    throw new TribesError('TRIBES_E_CLI_COMMAND', { name, suggestion: didYouMean(name, names) });
  }
  return command;
}

/** `TRIBES_E_…: what happened. What to do.` */
function errorLine(error: unknown): string {
  if (error instanceof TribesError || error instanceof RemoteProblem) {
    const stop = /[.?!]$/.test(error.message) ? '' : '.';
    return printable(`${error.code}: ${error.message}${stop} ${error.remedy}`);
  }
  return printable(`unexpected: ${messageOf(error)}`);
}
