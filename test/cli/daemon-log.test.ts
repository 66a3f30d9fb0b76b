import { spawnSync } from 'node:child_process';
import { expect } from 'chai';

const DAEMON_LOG = new URL('../../src/cli/daemon-log.js', import.meta.url).href;
const ID = '0123456789ABCDEF0123456789ABCDEF.node1';
const NEW_ID = 'FEDCBA9876543210FEDCBA9876543210.node1';

/** What a process whose log is set like that writes to its standard error: the line and its text. */
function lineOf(redact: boolean): { readonly text: string; readonly line: Record<string, unknown> } {
  const fields = { member: 'tcp://127.0.0.1:4000', sessionId: ID, newId: NEW_ID, value: 'a value' };
  const program = `
    const { daemonLog } = await import(${JSON.stringify(DAEMON_LOG)});
    daemonLog({ level: 'info', redact: ${redact} }).info(${JSON.stringify(fields)}, 'a line');
  `;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { text: stderr, line: JSON.parse(stderr) as Record<string, unknown> };
}

describe('the log of the daemon', function () {
  this.timeout(60_000);

  it('has neither session ids nor values', () => {
    const { text, line } = lineOf(true);
    expect(text).to.not.include(ID).and.not.include(NEW_ID).and.not.include('a value');
    expect(line).to.include({
      msg: 'a line',
      member: 'tcp://127.0.0.1:4000',
      sessionId: '[redacted]',
      newId: '[redacted]',
      value: '[redacted]',
    });
  });

  it('has them with log.redact false', () => {
    expect(lineOf(false).line).to.include({ sessionId: ID, newId: NEW_ID, value: 'a value' });
  });
});
