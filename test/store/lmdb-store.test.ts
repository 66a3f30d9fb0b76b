import { silentLogger } from '../../src/base/index.js';
import { LmdbStore } from '../../src/store/index.js';
import { describeSessionStore } from './session-store-suite.js';
import { temporaryDirectories } from './temporary-directory.js';

describe('LmdbStore', () => {
  const temporaryDirectory = temporaryDirectories();

  describeSessionStore('LmdbStore', () => {
    const directory = temporaryDirectory();
    const make = () => new LmdbStore({ directory, logger: silentLogger });
    return { create: make, reopened: make };
  });
});
