import { canMount, runOnSmallDisk } from '../support/mount-namespace.js';
import { temporaryDirectories } from './temporary-directory.js';

describe('LmdbStore on a disk that is full', function () {
  this.timeout(120_000);
  const temporaryDirectory = temporaryDirectories();

  before(function () {
    if (!canMount()) {
      console.log('      skipped: no file system can be mounted here (Linux and root are needed)');
      this.skip();
    }
  });

  it('says so, reads on, refuses what does not fit into memory, and writes everything when there is room', async () => {
    await runOnSmallDisk(new URL('./full-disk-scenario.js', import.meta.url), temporaryDirectory(), 2 ** 24);
  });
});
