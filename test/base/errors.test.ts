import { expect } from 'chai';
import { TribesError, errorTable, isTribesError, type ErrorEntry } from '../../src/base/index.js';
import { cell, expectGeneratedPage } from '../support/generated-page.js';

const rows: readonly [string, ErrorEntry][] = Object.entries(errorTable);

function errorsPage(): string {
  return [
    '# Errors',
    '',
    'Every error of the node carries one of these codes. Made from the table in `src/base/errors/`; a test holds the two equal',
    '(`UPDATE_DOCS=1 npm test` writes this page). What stands in braces is filled in.',
    '',
    ...rows.flatMap(([code, { message, cause, remedy }]) => [
      `## ${code}`,
      '',
      `> ${cell(message)}`,
      '',
      `*Cause.* ${cause}`,
      '',
      `*Remedy.* ${remedy}`,
      '',
    ]),
  ].join('\n');
}

describe('error table', () => {
  it('is docs/errors.md', () => {
    expectGeneratedPage('errors.md', errorsPage());
  });

  it('gives every error a code, a message of one line, a cause and a remedy', () => {
    for (const [code, { message, cause, remedy }] of rows) {
      expect(code).to.match(/^TRIBES_E_[A-Z0-9]+(_[A-Z0-9]+)*$/);
      expect(message, code).to.match(/^\S[^\n]*[^.\s]$/);
      for (const sentence of [cause, remedy]) {
        expect(sentence, code).to.match(/^[A-Z"`<][^\n]*[.?]$/);
      }
    }
  });
});

describe('TribesError', () => {
  const error = new TribesError('TRIBES_E_SETTING_NO_VALUE', { name: '--receiver.port', allowed: '{name}' });

  it('fills the message in, once', () => {
    expect(error.message).to.equal('--receiver.port needs a value: {name}');
  });

  it('carries the remedy of its code', () => {
    expect(error.remedy).to.equal(errorTable.TRIBES_E_SETTING_NO_VALUE.remedy);
  });

  it('is told from other errors, by code too', () => {
    expect(isTribesError(error)).to.be.true;
    expect(isTribesError(error, 'TRIBES_E_SETTING_NO_VALUE')).to.be.true;
    expect(isTribesError(error, 'TRIBES_E_SETTING_VALUE')).to.be.false;
    expect(isTribesError(new Error('other'))).to.be.false;
  });
});
