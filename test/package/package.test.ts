import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Consumer, libraryProgram } from '../../interop/kit/index.js';
import { ROOT } from '../../interop/kit/files.js';
import { JavaClasses } from '../../src/java/index.js';
import { created, send } from '../node/cluster.js';
import { APP, ProgramCluster } from '../library/program.js';
import { packageReport } from './package-report.js';

const REPORT = join(ROOT, 'test/package/api.txt');

class Cart {
  owner = 'ann';
  total = -1n;
  items = ['tea', 'milk'];
}

/** The package as others have it. */
describe('the package', function () {
  this.timeout(240_000);
  let consumer: Consumer;

  before(async () => {
    consumer = await Consumer.make();
  });
  after(() => consumer.close());

  it(`exports what test/package/api.txt says: UPDATE_DOCS=1 writes it, after a change that is meant`, () => {
    const { text } = packageReport(consumer.package);
    if (process.env['UPDATE_DOCS'] === '1') {
      writeFileSync(REPORT, text);
    }
    expect(text).to.equal(readFileSync(REPORT, 'utf8'));
  });

  it('says of everything that it exports what it is', () => {
    expect(packageReport(consumer.package).undocumented).to.deep.equal([]);
  });

  it('does what docs/library.md says', async () => {
    const cluster = new ProgramCluster();
    try {
      const classes = new JavaClasses().register(Cart, 'shop.Cart', 5n, {
        fields: { owner: 'java.lang.String', total: 'long', items: 'java.util.List' },
      });
      const write = { enabled: true, allowedClasses: ['default', 'shop.Cart'] };
      const mirror = await cluster.join('donor', { write }, { classes });
      const peer = await cluster.peer();
      await send(peer, mirror.local.port, created('S1'));
      await peer.channel.stop();
      const { session } = await mirror.context(APP).create({
        attributes: { user: 'ann', count: 41, cart: new Cart() },
      });
      const id = session?.id ?? '';
      const data = cluster.dataOf('program');
      const { source, output } = libraryProgram({ group: cluster.group, address: '127.0.0.1', data, id });
      consumer.add('program.ts', source);
      await consumer.compile();
      expect(await consumer.run('program.js')).to.equal(output);
      expect(mirror.session(id)?.get('cart', Cart)?.owner).to.equal('bob');
    } finally {
      await cluster.stop();
    }
  });
});
