export { LmdbStore, type LmdbStoreOptions } from './lmdb-store.js';
export { MemoryStore } from './memory-store.js';
