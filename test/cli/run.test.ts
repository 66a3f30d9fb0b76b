import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { cli } from './cli-process.js';

/** One line, with a code, that ends in a sentence that says what to do. */
const ERROR_LINE = /^tribes: TRIBES_E_[A-Z_]+: \S[^\n]*[^.?][.?] \S[^\n]*[.;]?\n$/;

describe('tribes', function () {
  this.timeout(30_000);
  it('without words lists the commands', async () => {
    const { code, stdout, stderr } = await cli([]);
    expect([code, stderr]).to.deep.equal([0, '']);
    for (const command of ['mirror', 'members', 'sessions', 'java', 'help']) {
      expect(stdout).to.match(new RegExp(`^  tribes ${command}`, 'm'));
    }
    expect((await cli(['help'])).stdout).to.equal(stdout);
    expect((await cli(['--help'])).stdout).to.equal(stdout);
  });

  it('says more about each command', async () => {
    const byHelp = await cli(['help', 'members']);
    expect([byHelp.code, byHelp.stderr]).to.deep.equal([0, '']);
    expect(byHelp.stdout).to.match(/^usage: tribes members \[--watch\] \[--json\]\n/);
    expect((await cli(['members', '--help'])).stdout).to.equal(byHelp.stdout);
  });

  it('prints the version of the package', async () => {
    const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    expect(await cli(['--version'])).to.deep.equal({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  for (const [what, argv, pattern] of [
    [
      'a command that does not exist',
      ['mirrr'],
      /TRIBES_E_CLI_COMMAND: .*did you mean mirror\? "tribes help/,
    ],
    ['help about a command that does not exist', ['help', 'member'], /TRIBES_E_CLI_COMMAND: .*members/],
    [
      'a misspelt setting',
      ['mirror', '--receiver.prot', '1'],
      /TRIBES_E_SETTING_UNKNOWN: .*--receiver\.port/,
    ],
    [
      'a setting out of range',
      ['mirror', '--http.port', '70000'],
      /TRIBES_E_SETTING_VALUE: http\.port .*65535/,
    ],
    ['a setting without its value', ['mirror', '--http.port'], /TRIBES_E_SETTING_NO_VALUE: --http\.port/],
    ['words that a command does not take', ['mirror', 'now'], /TRIBES_E_CLI_USAGE: .*usage: tribes mirror/],
    ['no word where one is needed', ['sessions'], /TRIBES_E_CLI_USAGE: .*usage: tribes sessions/],
    ['a settings file that is not there', ['mirror', '--config', '/nonexistent'], /TRIBES_E_CONFIG_FILE: /],
    ['a line break in a value', ['mirror', '--log.level', 'a\nb'], /TRIBES_E_SETTING_VALUE: .*a\\u000ab/],
  ] as const) {
    it(`refuses ${what} in one line, with exit code 2`, async () => {
      const { code, stdout, stderr } = await cli(argv);
      expect([code, stdout]).to.deep.equal([2, '']);
      expect(stderr).to.match(ERROR_LINE).and.match(pattern);
    });
  }

  it('is started by npm in place of its shell, which would keep signals to itself', () => {
    const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
    const { scripts } = JSON.parse(manifest) as { scripts: Record<string, string> };
    expect(scripts['start']).to.match(/^exec node /);
    expect(scripts['tribes']).to.match(/^exec node /);
  });

  it('warns of variables that are no settings, and goes on', async () => {
    const { code, stderr } = await cli(['java', '/nonexistent'], {
      environment: { TRIBES_RECEIVER_PROT: '1' },
    });
    expect(code).to.equal(1);
    expect(stderr).to.match(/^tribes: warning: .*TRIBES_RECEIVER_PROT.*TRIBES_RECEIVER_PORT\?\n/);
  });
});
