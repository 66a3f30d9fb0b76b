import { expect } from 'chai';
import { compareSessions, type DumpedSession, type MirroredSession } from '../../../interop/kit/index.js';

const dumped: DumpedSession = {
  id: 'A.t1',
  creationTime: 1000,
  lastAccessedTime: 2000,
  thisAccessedTime: 2000,
  maxInactiveInterval: 1800,
  isNew: false,
  isValid: true,
  authType: null,
  principal: { name: 'alice', roles: ['user', 'admin'] },
  listeners: [],
  notes: [],
  attributes: {
    count: { class: 'java.lang.Integer', streamClass: 'java.lang.Integer', bytes: 'AAAA', value: 1 },
    at: { class: 'java.time.Year', streamClass: 'java.time.Ser', bytes: 'BBBB', value: '2024' },
  },
};

const mirrored: MirroredSession = {
  ...dumped,
  context: 'localhost#/app',
  principal: { name: 'alice', roles: ['admin', 'user'] },
  attributes: {
    count: { class: 'java.lang.Integer', value: 1 },
    at: { class: 'java.time.Ser', value: '2024' },
  },
};

function withCount<T extends DumpedSession | MirroredSession>(session: T, value: number): T {
  const count = { class: 'java.lang.Integer', value };
  return { ...session, attributes: { ...session.attributes, count } };
}

function compare(dumps: readonly (DumpedSession | undefined)[], node: MirroredSession | undefined) {
  const tomcats = dumps.map((session, index) => ({
    tomcat: `tomcat${index + 1}`,
    sessions: session === undefined ? [] : [session],
  }));
  return compareSessions(tomcats, {
    name: 'node1',
    sessions: new Map(node === undefined ? [] : [[node.id, node]]),
  });
}

describe('compareSessions', () => {
  it('finds no difference between two Tomcats and a node that agree', () => {
    expect(compare([dumped, dumped], mirrored)).to.deep.equal({
      sessions: 1,
      attributes: 2,
      failures: [],
      betweenTomcats: [],
    });
  });

  for (const [what, node] of [
    ['a session that the node lacks', undefined],
    ['another scalar', { ...mirrored, maxInactiveInterval: 60 }],
    ['another principal', { ...mirrored, principal: { name: 'alice', roles: ['user'] } }],
    ['another value', withCount(mirrored, 2)],
    [
      'another class',
      { ...mirrored, attributes: { ...mirrored.attributes, count: { class: 'java.lang.Long', value: 1 } } },
    ],
    ['an attribute too few', { ...mirrored, attributes: {} }],
    [
      'an attribute too many',
      { ...mirrored, attributes: { ...mirrored.attributes, x: { class: 'X', value: 1 } } },
    ],
    ['a time of access far away', { ...mirrored, lastAccessedTime: 60_000 }],
  ] as const) {
    it(`fails on ${what}`, () => {
      expect(compare([dumped, dumped], node).failures).to.not.be.empty;
    });
  }

  it('fails on a session that only the node has', () => {
    expect(compare([undefined, undefined], mirrored).failures).to.have.length(1);
  });

  it('takes times of access that are near each other for equal', () => {
    expect(
      compare([dumped, { ...dumped, lastAccessedTime: 2300 }], { ...mirrored, lastAccessedTime: 2600 })
        .failures,
    ).to.be.empty;
  });

  it('reports what the Tomcats differ in, and does not fail a node that is with one of them', () => {
    const { failures, betweenTomcats } = compare([dumped, withCount(dumped, 2)], mirrored);
    expect(failures).to.be.empty;
    expect(betweenTomcats).to.have.length(1);
    expect(betweenTomcats[0]).to.match(
      /attribute count: tomcat1 java\.lang\.Integer 1, tomcat2 java\.lang\.Integer 2/,
    );
  });

  it('fails a node that is with none of the Tomcats', () => {
    expect(compare([dumped, withCount(dumped, 2)], withCount(mirrored, 3)).failures).to.have.length(1);
  });

  it('compares Tomcats alone', () => {
    const sessions = [
      { tomcat: 'tomcat1', sessions: [dumped] },
      { tomcat: 'tomcat2', sessions: [withCount(dumped, 9)] },
    ];
    expect(compareSessions(sessions).betweenTomcats).to.have.length(1);
  });
});
