export { LmdbStore, type LmdbStoreOptions } from './lmdb-store.js';
export { makeDirectories } from './make-directories.js';
export { MemoryStore } from './memory-store.js';
