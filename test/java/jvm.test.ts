import { expect } from 'chai';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  cut,
  readStream,
  scanStream,
  shareGroups,
  spliceOutput,
  writeStream,
  type SplicedGroup,
} from '../../src/java/index.js';
import { compileJava, describeWithJvm, runJava, sourceFile } from '../support/jvm.js';

const COUNT = 200;

describeWithJvm('Java streams beside a JVM', {}, () => {
  let folder: string;
  let classes: string;

  const file = (name: string): string => join(folder, name);
  const bytesOf = (name: string): Promise<Buffer> => readFile(file(name));

  before(async function () {
    this.timeout(120_000);
    folder = await mkdtemp(join(tmpdir(), 'tribes-streams-'));
    classes = await compileJava(
      ['StreamPeer', 'RandomGraph'].map((name) => sourceFile(`test/java/jvm/${name}.java`)),
    );
    await runJava({
      mainClass: 'StreamPeer',
      classPath: [classes],
      args: ['write', folder, '2025', String(COUNT)],
    });
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it(`are the same bytes after read and write: ${2 * COUNT} random graphs`, async () => {
    for (let number = 0; number < COUNT; number++) {
      for (const name of [`${number}.ser`, `${number}.odd.ser`]) {
        const bytes = await bytesOf(name);
        const graph = readStream(bytes);
        expect(writeStream(graph).equals(bytes), name).to.be.true;
        // A random graph may hold an Externalizable of protocol version 1, which has no end; nothing else is opaque.
        expect(graph.opaque?.reason ?? 'externalizable-v1', name).to.equal('externalizable-v1');
        expect(graph.opaque !== undefined && !name.includes('odd'), name).to.be.false;
      }
    }
  });

  it('are cut to the very bytes that the JVM writes for each value alone', async () => {
    for (let number = 0; number < COUNT; number++) {
      const { values } = scanStream(await bytesOf(`${number}.ser`));
      for (const [i, value] of values.entries()) {
        if (i % 2 === 1) {
          const name = `${number}.${(i - 1) / 2}.ser`;
          expect(cut([value]).equals(await bytesOf(name)), name).to.be.true;
        }
      }
    }
  });

  it('are read by the JVM as the same graphs when they were cut into share groups and spliced again', async function () {
    this.timeout(60_000);
    for (let number = 0; number < COUNT; number++) {
      const values = scanStream(await bytesOf(`${number}.ser`)).values.filter((_, i) => i % 2 === 1);
      const output = spliceOutput();
      const members = new Map<unknown, { group: SplicedGroup; index: number }>();
      for (const shared of shareGroups(values)) {
        const group = output.openGroup(cut(shared));
        shared.forEach((value, index) => members.set(value, { group, index }));
      }
      values.forEach((value, i) => {
        const member = members.get(value);
        output.writeStringObject(`name${i}`);
        member?.group.writeObject(member.index);
      });
      await writeFile(file(`${number}.spliced`), output.toBuffer());
    }
    await runJava({ mainClass: 'StreamPeer', classPath: [classes], args: ['check', folder, String(COUNT)] });
  });
});
