import { expect } from 'chai';
import { reportJson, reportText, type Report } from '../../bench/kit/report.js';
import { measured } from '../../bench/kit/statistics.js';

describe('A benchmark report', () => {
  const report: Report = {
    theirs: 'JVM',
    ours: ['lmdb', 'memory'],
    figures: [
      {
        what: 'speed',
        unit: 'MB/s',
        better: 'more',
        theirs: measured([30, 10, 20]),
        ours: [measured([5]), measured([2000, 4000])],
        goal: { of: 'ratio', bound: 1.5 },
      },
      { what: 'delay', unit: 'ms', better: 'less', ours: [measured([5]), measured([50])] },
    ],
    notes: ['taken with care'],
  };

  it('gives both sides, the ratio of ours to theirs, and whether a goal is met, in a line for each figure', () => {
    const [head = '', line = '', , note] = reportText(report).split('\n');
    expect(head.trim().split(/\s{2,}/)).to.deep.equal([
      'unit',
      'JVM',
      'lmdb',
      'ratio',
      'memory',
      'ratio',
      'better',
      'goal',
      'met',
    ]);
    expect(line.split(/\s{2,}/)).to.deep.equal([
      'speed',
      'MB/s',
      '20.0',
      '5.00',
      '0.25',
      '3,000',
      '150.00',
      'more',
      '≥ 1.5 ×',
      'NO, yes',
    ]);
    expect(note).to.equal('- taken with care');
  });

  it('leaves out theirs, ratio, goal and verdict where there are none', () => {
    const line = reportText(report).split('\n')[2] ?? '';
    expect(line.split(/\s{2,}/)).to.deep.equal(['delay', 'ms', '5.00', '50.0', 'less']);
  });

  it('is JSON with every round, and each variant by its name', () => {
    const { figures } = JSON.parse(JSON.stringify(reportJson(report))) as { figures: { ours: unknown[] }[] };
    expect(figures.map(({ ours }) => ours)).to.deep.equal([
      [
        { name: 'lmdb', median: 5, rounds: [5], ratio: 0.25, met: false },
        { name: 'memory', median: 3000, rounds: [2000, 4000], ratio: 150, met: true },
      ],
      [
        { name: 'lmdb', median: 5, rounds: [5] },
        { name: 'memory', median: 50, rounds: [50] },
      ],
    ]);
  });
});
