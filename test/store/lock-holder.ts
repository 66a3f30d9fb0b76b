import { DirectoryLock } from '../../src/store/directory-lock.js';

/** A process of its own that locks the directory named by its argument, says so, and has it until it is killed. */
await DirectoryLock.acquire(process.argv[2] ?? '');
process.on('disconnect', () => process.exit());
process.send?.('locked');
