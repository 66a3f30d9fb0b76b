import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { messageOf, silentLogger } from '../../src/base/index.js';
import { openEnvironment, type Environment } from '../../src/store/lmdb-environment.js';
import { LmdbWriter } from '../../src/store/lmdb-writer.js';
import { temporaryDirectories } from './temporary-directory.js';

const rejected = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'resolved', messageOf);

describe('LmdbWriter', function () {
  this.timeout(30_000);
  const temporaryDirectory = temporaryDirectories();
  let environment: Environment;
  let writer: LmdbWriter;

  beforeEach(async () => {
    const directory = temporaryDirectory();
    ({ environment } = await openEnvironment(directory, undefined, silentLogger));
    writer = await LmdbWriter.start(directory);
  });

  afterEach(async () => {
    await writer.close();
    await environment.root.close();
  });

  function valueOf(key: string): string | undefined {
    environment.root.resetReadTxn();
    const value = environment.databases.heads.get(Buffer.from(key));
    return value && environment.seal.open('heads', Buffer.from(key), value).toString();
  }

  const write = (key: string, value: string | null) =>
    ({
      database: 'heads',
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    }) as const;

  it('has written and removed rows when it says so', async () => {
    await writer.write([write('a', 'one'), write('b', 'two'), write('c', '')]);
    expect(['a', 'b', 'c', 'd'].map(valueOf)).to.eql(['one', 'two', '', undefined]);
    await writer.write([write('b', null), write('d', null), write('a', 'three')]);
    expect(['a', 'b', 'c', 'd'].map(valueOf)).to.eql(['three', undefined, '', undefined]);
  });

  it('writes all of a batch or nothing, and goes on behind a batch that failed', async () => {
    const tooLong = 'x'.repeat(3000);
    expect(await rejected(writer.write([write('a', 'one'), write(tooLong, 'two')]))).to.include('key');
    expect(valueOf('a')).to.equal(undefined);
    await writer.write([write('a', 'one')]);
    expect(valueOf('a')).to.equal('one');
  });

  it('does not start where there is no directory', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    expect(await rejected(LmdbWriter.start(join(file, 'below')))).to.include('ENOTDIR');
  });
});
