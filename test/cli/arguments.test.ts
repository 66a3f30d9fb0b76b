import { expect } from 'chai';
import { parseArguments } from '../../src/cli/arguments.js';
import { thrownBy } from '../support/errors.js';

const form = { usage: 'sessions list', switches: ['json', 'watch'], options: ['context'] };

describe('parseArguments', () => {
  it('tells words, switches, options and settings apart, in any order', () => {
    const parsed = parseArguments(
      [
        'list',
        '--json',
        '--context',
        '/app',
        '--http.port=8089',
        'x',
        '--membership.ttl',
        '-1',
        '--config',
        'f',
      ],
      form,
    );
    expect(parsed.words).to.deep.equal(['list', 'x']);
    expect([...parsed.switches]).to.deep.equal(['json']);
    expect([...parsed.options]).to.deep.equal([['context', '/app']]);
    expect([...parsed.flags]).to.deep.equal([
      ['http.port', '8089'],
      ['membership.ttl', '-1'],
      ['config', 'f'],
    ]);
  });

  it('keeps everything behind the first = of a flag', () => {
    expect(parseArguments(['--context=a=b\nc'], form).options.get('context')).to.equal('a=b\nc');
    expect(parseArguments(['--context='], form).options.get('context')).to.equal('');
  });

  it('takes everything after -- as words', () => {
    expect(parseArguments(['show', '--', '--json', '-x'], form).words).to.deep.equal([
      'show',
      '--json',
      '-x',
    ]);
  });

  it('lets the last of two equal flags count', () => {
    expect(parseArguments(['--http.port', '1', '--http.port', '2'], form).flags.get('http.port')).to.equal(
      '2',
    );
  });

  it('knows --help and -h for every command', () => {
    expect(parseArguments(['-h'], form).switches.has('help')).to.be.true;
    expect(parseArguments(['--help'], form).switches.has('help')).to.be.true;
  });

  it('refuses a flag that does not exist, and offers the nearest', () => {
    expect(thrownBy('TRIBES_E_SETTING_UNKNOWN', () => parseArguments(['--jsn'], form)).message).to.match(
      /did you mean --json\?$/,
    );
    expect(
      thrownBy('TRIBES_E_SETTING_UNKNOWN', () => parseArguments(['--receiver.prot', '1'], form)).message,
    ).to.match(/did you mean --receiver\.port\?$/);
  });

  it('refuses a flag without its value, and says what it may be', () => {
    for (const argv of [['--http.port'], ['--http.port', '--json']]) {
      expect(thrownBy('TRIBES_E_SETTING_NO_VALUE', () => parseArguments(argv, form)).message).to.equal(
        '--http.port needs a value: a whole number from 0 to 65535',
      );
    }
  });

  it('refuses a switch with a value', () => {
    thrownBy('TRIBES_E_CLI_USAGE', () => parseArguments(['--json=yes'], form));
  });

  it('refuses short options', () => {
    thrownBy('TRIBES_E_CLI_USAGE', () => parseArguments(['-j'], form));
  });
});
