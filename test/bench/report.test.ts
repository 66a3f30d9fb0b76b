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
      },
    ],
    notes: ['taken with care'],
  };

  it('counts the median: the middle round, or the mean of the two in the middle', () => {
    expect(measured([30, 10, 20])).to.deep.equal({ median: 20, rounds: [30, 10, 20] });
    expect(measured([40, 10, 20, 30]).median).to.equal(25);
    expect(() => measured([])).to.throw(RangeError);
  });

  it('gives both sides and the ratio of ours to theirs, in a line for each figure', () => {
    const [head = '', line = '', note] = reportText(report).split('\n');
    expect(head.trim().split(/\s{2,}/)).to.deep.equal([
      'unit',
      'JVM',
      'lmdb',
      'ratio',
      'memory',
      'ratio',
      'better',
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
    ]);
    expect(note).to.equal('- taken with care');
  });

  it('is JSON with every round, and each variant by its name', () => {
    const { figures } = reportJson(report) as { figures: { ours: unknown[] }[] };
    expect(figures[0]?.ours).to.deep.equal([
      { name: 'lmdb', median: 5, rounds: [5], ratio: 0.25 },
      { name: 'memory', median: 3000, rounds: [2000, 4000], ratio: 150 },
    ]);
  });
});
