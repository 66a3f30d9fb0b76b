import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { DirectoryLock } from '../../src/store/directory-lock.js';
import { rejectionOf } from '../support/errors.js';
import { temporaryDirectories } from './temporary-directory.js';

describe('DirectoryLock', function () {
  this.timeout(30_000);
  const temporaryDirectory = temporaryDirectories();
  const held: DirectoryLock[] = [];
  const children: ChildProcess[] = [];

  afterEach(async () => {
    await Promise.all(held.splice(0).map((lock) => lock.release()));
    await Promise.all(children.splice(0).map(kill));
  });

  async function acquire(directory: string): Promise<DirectoryLock> {
    const lock = await DirectoryLock.acquire(directory);
    held.push(lock);
    return lock;
  }

  /** A process that has the lock. */
  async function holder(directory: string): Promise<ChildProcess> {
    const child = fork(new URL('./lock-holder.js', import.meta.url), [directory]);
    children.push(child);
    expect((await once(child, 'message'))[0]).to.equal('locked');
    return child;
  }

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }

  it('is given once at a time', async () => {
    const directory = temporaryDirectory();
    const lock = await acquire(directory);
    const error = await rejectionOf('TRIBES_E_STORE_IN_USE', DirectoryLock.acquire(directory));
    expect(error.message).to.include(`process ${process.pid} on `);
    await lock.release();
    await acquire(directory);
  });

  it('is for its user alone', async () => {
    const directory = temporaryDirectory();
    await acquire(directory);
    expect(readdirSync(directory).map((name) => statSync(join(directory, name)).mode & 0o777)).to.eql([
      0o600,
    ]);
  });

  it('is refused while another process has it, by name of that process', async () => {
    const directory = temporaryDirectory();
    const child = await holder(directory);
    const error = await rejectionOf('TRIBES_E_STORE_IN_USE', DirectoryLock.acquire(directory));
    expect(error.message).to.include(`process ${child.pid ?? 0} on `);
  });

  it('is refused while the other process stands still', async () => {
    const directory = temporaryDirectory();
    const child = await holder(directory);
    child.kill('SIGSTOP');
    const error = await rejectionOf('TRIBES_E_STORE_IN_USE', DirectoryLock.acquire(directory));
    expect(error.message).to.include('another process');
  });

  it('is free again when its process was killed', async () => {
    const directory = temporaryDirectory();
    for (let round = 0; round < 3; round++) {
      await kill(await holder(directory));
    }
    await acquire(directory);
  });

  it('is given to one of many who want it at the same moment', async () => {
    const directory = temporaryDirectory();
    for (let round = 0; round < 10; round++) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, () => DirectoryLock.acquire(directory)),
      );
      const won = outcomes.filter((outcome) => outcome.status === 'fulfilled');
      expect(won.length).to.equal(1);
      await won[0]?.value.release();
    }
  });

  it('leaves one file, whose number only grows', async () => {
    const directory = temporaryDirectory();
    for (const number of [1, 2, 3]) {
      const lock = await DirectoryLock.acquire(directory);
      await lock.release();
      expect(readdirSync(directory)).to.eql([`in-use.${number}`]);
    }
  });

  it('works in a directory whose name is too long for the address of a socket', async () => {
    const directory = join(temporaryDirectory(), 'd'.repeat(200));
    mkdirSync(directory);
    const lock = await acquire(directory);
    await rejectionOf('TRIBES_E_STORE_IN_USE', DirectoryLock.acquire(directory));
    await lock.release();
    await acquire(directory);
    expect(readdirSync(directory)).to.eql(['in-use.2']);
  });
});
