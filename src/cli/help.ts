import type { Command } from './command.js';

export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ usage }) => usage.length));
  return [
    'tribes: a member of an Apache Tomcat cluster that is not a JVM',
    '',
    ...commands.map(({ usage, summary }) => `  tribes ${usage.padEnd(width)}  ${summary}`),
    `  tribes ${'help [COMMAND]'.padEnd(width)}  says more about a command`,
    `  tribes ${'--version'.padEnd(width)}  prints the version`,
    '',
    'Settings go with every command: --receiver.port 4001, or TRIBES_RECEIVER_PORT=4001, or --config FILE.',
    'docs/settings.md lists them. Exit codes: 0 yes, 1 no (a file differs, a session is not there), 2 failed.',
    '',
  ].join('\n');
}

export function commandHelp({ usage, summary, details }: Command): string {
  return `usage: tribes ${usage}\n\n${summary}\n\n${details}\n`;
}
