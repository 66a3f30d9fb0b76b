import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { fingerprint, ResultsFile, type CellResult } from '../../../interop/matrix/results.js';
import { runningOrder, select } from '../../../interop/matrix/selection.js';
import { outcomeTable } from '../../../interop/matrix/table.js';

const result = (cell: string, passed: boolean, rest: Partial<CellResult> = {}): CellResult => ({
  ...{ cell, passed, fingerprint: 'now', seed: 7, seconds: 40, at: '2026-11-29T12:00:00.000Z' },
  ...rest,
});

describe('the file of results', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'matrix-'));
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it('keeps what is added, in folders that there are not yet', () => {
    const file = new ResultsFile(join(directory, 'new', 'results.jsonl'));
    expect(file.read()).to.eql([]);
    file.add(result('a', true));
    file.add(result('b', false, { failure: 'after "a step":\nthe reason' }));
    expect(new ResultsFile(file.path).read()).to.eql([
      result('a', true),
      result('b', false, { failure: 'after "a step":\nthe reason' }),
    ]);
  });

  it('passes over a line that was cut off, and goes on behind it', () => {
    const file = new ResultsFile(join(directory, 'results.jsonl'));
    file.add(result('a', true));
    appendFileSync(file.path, '{"cell":"b","pas');
    expect(file.read()).to.eql([result('a', true)]);
    file.add(result('c', true));
    expect(file.read()).to.eql([result('a', true), result('c', true)]);
    expect(readFileSync(file.path, 'utf8').split('\n')).to.have.lengthOf(4);
  });

  it('knows a build and its Tomcats by their fingerprint', () => {
    expect(fingerprint(['9.0.70'])).to.match(/^[0-9a-f]{16}$/);
    expect(fingerprint(['9.0.70'])).to.equal(fingerprint(['9.0.70']));
    expect(fingerprint(['9.0.70'])).to.not.equal(fingerprint(['9.0.71']));
  });
});

describe('what a run of the matrix takes on', () => {
  const cells = ['a', 'b', 'c', 'd'].map((name) => ({ name }));

  it('is everything, where there is no limit and nothing has passed', () => {
    const selection = select(cells, {});
    expect(selection).to.deep.include({ chosen: cells, passedBefore: [], leftOut: [] });
    expect(selection.seconds).to.be.greaterThan(60);
  });

  it('is not what has passed with the same build; what failed since, or passed with another, is', () => {
    const results = [
      result('a', true),
      result('b', true),
      result('b', false),
      result('c', true, { fingerprint: 'before' }),
    ];
    const { chosen, passedBefore } = select(cells, { results, fingerprint: 'now' });
    expect(passedBefore).to.eql([{ name: 'a' }]);
    expect(chosen).to.eql([{ name: 'b' }, { name: 'c' }, { name: 'd' }]);
    expect(select(cells, { results }).passedBefore).to.eql([]);
  });

  it('is what fits into the time, by what each took before', () => {
    const results = [result('a', true, { seconds: 50 }), result('b', true, { seconds: 100 })];
    const { chosen, leftOut, seconds } = select(cells, { results, minutes: 1.5 });
    expect(chosen).to.eql([{ name: 'a' }, { name: 'c' }]);
    expect(leftOut).to.eql([{ name: 'b' }, { name: 'd' }]);
    expect(seconds).to.be.within(51, 90);
  });

  it('goes from what covers most to the rest, with every guide somewhere in between', () => {
    const covering = ['1', '2', '3', '4', '5'];
    const order = runningOrder(covering, ['x', 'y', 'z'], 3);
    expect(order.filter((cell) => covering.includes(cell))).to.eql(covering);
    expect(order.toSorted()).to.eql([...covering, 'x', 'y', 'z']);
    expect(order.slice(0, 3).filter((cell) => !covering.includes(cell))).to.have.lengthOf(1);
    expect(runningOrder(covering, ['x', 'y', 'z'], 3)).to.eql(order);
  });
});

describe('the table of the matrix', () => {
  it('counts what became of the cells of each value', () => {
    const lines = outcomeTable([
      { values: { tomcats: '9+9', manager: 'DeltaManager' }, outcome: 'passed' },
      { values: { tomcats: '9+9', manager: 'BackupManager' }, outcome: 'failed' },
      { values: { tomcats: '9+10.1', guide: 'delta-async' }, outcome: 'none' },
    ]).map((line) => line.trim().split(/ +/));
    expect(lines).to.eql([
      ['factor', 'value', 'passed', 'failed', 'not', 'run'],
      ['tomcats', '9+10.1', '0', '0', '1'],
      ['tomcats', '9+9', '1', '1', '0'],
      ['manager', 'BackupManager', '0', '1', '0'],
      ['manager', 'DeltaManager', '1', '0', '0'],
      ['guide', 'delta-async', '0', '0', '1'],
    ]);
  });
});
