import { silentLogger } from '../../src/base/index.js';
import { MemoryStore } from '../../src/store/index.js';
import { describeSessionStore, suiteLimits } from './session-store-suite.js';

describeSessionStore('MemoryStore', () => ({
  create: () => new MemoryStore({ logger: silentLogger, limits: suiteLimits }),
  reopened: (store) => store,
  modelRuns: 200,
}));
