import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, expect } from 'chai';
import { nodeFlags } from '../../../interop/matrix/cell-cluster.js';
import { coveringCells } from '../../../interop/matrix/cells.js';
import {
  CELLS,
  cellOf,
  FACTORS,
  FORBIDDEN,
  OPTIONAL_INTERCEPTORS,
  type Cell,
} from '../../../interop/matrix/factors.js';
import { guideCells } from '../../../interop/matrix/guides.js';
import { coveringSet, type Choice } from '../../../interop/matrix/pairwise.js';
import { stackOf } from '../../../interop/matrix/stack.js';
import { loadSettings } from '../../../src/config/index.js';
import { sourceFile } from '../../support/jvm.js';

const PLAIN: Cell = {
  tomcats: '10.1+10.1',
  manager: 'DeltaManager',
  channelSendOptions: '6',
  membership: 'McastService',
  node: 'first',
  settings: 'flags',
  order: 'A',
  coordinator: 'none',
  encryption: 'none',
  TcpFailureDetector: 'on',
  MessageDispatchInterceptor: 'on',
  ThroughputInterceptor: 'off',
  DomainFilterInterceptor: 'off',
  TcpPingInterceptor: 'off',
  FragmentationInterceptor: 'off',
  GzipInterceptor: 'off',
  OrderInterceptor: 'off',
  TwoPhaseCommitInterceptor: 'off',
};

describe('the matrix of clusters', () => {
  for (const seed of [1, 2, 3]) {
    it(`has every pair of values that can be together in few cells, and none that cannot (seed ${seed})`, function () {
      this.timeout(30_000);
      const cells = coveringSet(CELLS, seed);
      console.log(`      ${cells.length} cells for ${CELLS.pairs().length} pairs`);
      expect(cells.length).to.be.within(12, 24);
      expect(cells.filter((cell) => CELLS.forbids(cell) !== undefined)).to.eql([]);
      const together = (name: string, value: string, other: string, second: string): boolean =>
        cells.some((cell) => cell[name] === value && cell[other] === second);
      expect(CELLS.pairs().filter((pair) => !together(...pair))).to.eql([]);
    });
  }

  it('forbids nothing but what has a reason, and leaves every value something', () => {
    expect(FORBIDDEN.filter(({ why }) => why === '')).to.eql([]);
    const values = Object.entries(FACTORS).flatMap(([name, all]) =>
      all.map((value): Choice => ({ [name]: value })),
    );
    expect(values.filter((value) => !CELLS.completes(value))).to.eql([]);
  });

  it('is made of whole cells only', () => {
    expect(cellOf({ ...PLAIN })).to.eql(PLAIN);
    expect(() => cellOf({ ...PLAIN, manager: 'StandardManager' })).to.throw(
      'manager cannot be StandardManager',
    );
    expect(() => cellOf({ tomcats: '9+9' })).to.throw('manager cannot be left out');
    expect(() => cellOf({ ...PLAIN, tomcats: '9+10.1', membership: 'StaticMembershipService' })).to.throw(
      'never find each other',
    );
  });

  it('names each cell so that no two are taken for each other', () => {
    const names = [...coveringCells(1), ...guideCells].map(({ name }) => name);
    expect(new Set(names).size).to.equal(names.length);
  });

  it('has each of the guides, ten of them', () => {
    const files = readdirSync(sourceFile('test/config/server-xml/guides'));
    const guides = new Set(guideCells.map(({ values }) => values['guide']));
    expect(guides.size).to.equal(10);
    const missing = files.filter((file) => !guides.has(file.replace('.xml', '')));
    expect(missing).to.eql(['backup-two-on-one-host-2.xml']); // it is the second Tomcat's of another
  });
});

describe('the interceptors of a cell', () => {
  const everything = (order: Cell['order']): string[] =>
    stackOf(
      {
        ...PLAIN,
        order,
        membership: 'StaticMembershipInterceptor',
        coordinator: 'SimpleCoordinator',
        encryption: 'AES/GCM/NoPadding',
        ...(Object.fromEntries(OPTIONAL_INTERCEPTORS.map((name) => [name, 'on'])) as Partial<Cell>),
      },
      [],
    ).map(({ className }) => className);

  it('are those that were chosen', () => {
    expect(stackOf(PLAIN, []).map(({ className }) => className)).to.eql([
      'TcpFailureDetector',
      'MessageDispatchInterceptor',
    ]);
    expect(everything('A')).to.have.lengthOf(12);
    expect(everything('A').toSorted()).to.eql(everything('B').toSorted());
    expect(everything('A')).to.not.eql(everything('B'));
  });

  it('are in an order with which Tomcats start and understand each other', () => {
    for (const order of FACTORS.order) {
      const stack = everything(order);
      const above = (one: string, other: string): boolean => stack.indexOf(one) < stack.indexOf(other);
      expect(above('EncryptInterceptor', 'TcpFailureDetector')).to.equal(true);
      expect(above('TcpPingInterceptor', 'StaticMembershipInterceptor')).to.equal(true);
      expect(above('TcpFailureDetector', 'StaticMembershipInterceptor')).to.equal(true);
      for (const changing of ['GzipInterceptor', 'FragmentationInterceptor', 'EncryptInterceptor']) {
        expect(above(changing, 'OrderInterceptor')).to.equal(true);
      }
    }
  });
});

describe('the node of a cell', () => {
  const group = { address: '228.0.0.9', port: 45_999 };
  const [self, ...others] = [4001, 4002, 4003].map((receiverPort) => ({
    address: '127.0.0.1',
    receiverPort,
  }));
  let directory: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'matrix-'));
  });

  after(() => rmSync(directory, { recursive: true }));

  /** What the node takes from its flags; of lists of members only the others, since a server.xml has its own, too. */
  function told(cell: Cell): unknown {
    const argv = nodeFlags(cell, { group, self: self ?? assert.fail(), others, directory });
    const flags = Array.from(
      { length: argv.length / 2 },
      (_, i) => argv.slice(2 * i, 2 * i + 2) as [string, string],
    );
    const { settings, warnings } = loadSettings({
      flags: flags.map(([name, text]) => [name.slice(2), text]),
    });
    const { membership, staticMembership, channel, cluster, backup } = settings;
    return {
      type: membership.type,
      domain: membership.domain,
      members: staticMembership.members
        .map((text) => text.split(/[;?]/)[0])
        .filter((place) => place !== `127.0.0.1:${self?.receiverPort ?? 0}`),
      interceptors: channel.interceptors.map(({ className, attributes = new Map<string, string>() }) => [
        className,
        Object.fromEntries([...attributes].toSorted()),
      ]),
      options: [cluster.channelSendOptions, backup.mapSendOptions],
      warnings: warnings.filter((warning) => !warning.includes('channelStartOptions')),
    };
  }

  it('is told the same by flags and by a server.xml, without a warning', function () {
    this.timeout(60_000);
    for (const choice of [1, 2, 3].flatMap((seed) => coveringSet(CELLS, seed))) {
      const cell = cellOf(choice);
      const byFlags = told({ ...cell, settings: 'flags' });
      expect(byFlags).to.deep.include({ warnings: [], options: [cell.channelSendOptions, mapOptions(cell)] });
      expect(told({ ...cell, settings: 'server.xml' })).to.eql(byFlags);
    }
  });

  function mapOptions({ manager, channelSendOptions }: Cell): string {
    return manager === 'BackupManager' ? channelSendOptions : '6';
  }
});
