import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadOrCreateToken, loadToken } from '../../src/api/token.js';
import { codeOf } from '../support/code-of.js';

describe('the access token', () => {
  let directory: string;
  let file: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tribes-token-'));
    file = join(directory, 'data', 'token');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is made of 32 random bytes at the first start, for this user alone', () => {
    const { token, shared, replaceable } = loadOrCreateToken(file);
    expect([replaceable, readdirSync(join(directory, 'data'))]).to.deep.equal([false, ['token']]);
    expect(Buffer.from(token, 'base64url')).to.have.length(32);
    expect(shared).to.be.false;
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(statSync(join(directory, 'data')).mode & 0o777).to.equal(0o700);
  });

  it('stays the same at every later start', () => {
    const { token } = loadOrCreateToken(file);
    expect(loadOrCreateToken(file).token).to.equal(token);
    expect(loadToken(file)).to.equal(token);
    expect(readFileSync(file, 'utf8')).to.equal(`${token}\n`);
  });

  it('may be given, and is told to be shared when others can read it', () => {
    loadOrCreateToken(file);
    writeFileSync(file, '  0123456789abcdef  \n');
    chmodSync(file, 0o644);
    expect(loadOrCreateToken(file)).to.include({ token: '0123456789abcdef', shared: true });
  });

  it('is told to be replaceable when others can write its directory', () => {
    loadOrCreateToken(file);
    for (const [mode, replaceable] of [
      [0o755, false],
      [0o770, true],
      [0o702, true],
    ] as const) {
      chmodSync(join(directory, 'data'), mode);
      expect(loadOrCreateToken(file)).to.include({ shared: false, replaceable });
    }
  });

  for (const [what, content] of [
    ['empty', ''],
    ['short', '0123456789abcde'],
    ['of two words', '0123456789abcdef 0123456789abcdef'],
    ['not text', '\u0000\u0001'.repeat(20)],
    ['long', 'x'.repeat(513)],
  ] as const) {
    it(`is refused when it is ${what}`, () => {
      loadOrCreateToken(file);
      writeFileSync(file, content);
      expect(codeOf(() => loadOrCreateToken(file))).to.equal('TRIBES_E_API_TOKEN_FILE');
      expect(codeOf(() => loadToken(file))).to.equal('TRIBES_E_API_TOKEN_FILE');
    });
  }

  it('is refused when its file cannot be made', () => {
    writeFileSync(join(directory, 'data'), 'a file, not a directory');
    expect(codeOf(() => loadOrCreateToken(file))).to.equal('TRIBES_E_API_TOKEN_FILE');
  });

  it('is not made by who only asks for it', () => {
    expect(codeOf(() => loadToken(file))).to.equal('TRIBES_E_API_TOKEN_FILE');
  });
});
