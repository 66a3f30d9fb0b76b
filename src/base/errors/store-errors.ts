import type { ErrorEntries } from './error-entry.js';

export const storeErrors = {
  TRIBES_E_STORE_UNREADABLE: {
    message: 'data directory {directory} cannot be used: {reason}',
    cause:
      'The directory or a file in it cannot be made, read or written, belongs to another user, or is not a store of this program.',
    remedy:
      'Give `data` a directory on a local file system that the user who runs the node owns. If a file is damaged, move it away: the sessions come back from the cluster.',
  },
  TRIBES_E_STORE_NEWER: {
    message: 'data directory {directory} has format {found}; this version knows formats up to {known}',
    cause: 'A later version of tomcat-tribes has written the directory.',
    remedy: 'Start that version again, or give `data` another directory.',
  },
  TRIBES_E_STORE_IN_USE: {
    message: 'data directory {directory} is in use by {owner}',
    cause: 'Only one process at a time may have a data directory open.',
    remedy: 'Stop the other process, or give `data` another directory.',
  },
  TRIBES_E_STORE_CURSOR: {
    message: 'bad cursor: {reason}',
    cause: 'A cursor is what the page before gave as `next`; it belongs to the list that it came from.',
    remedy: 'Pass `next` on unchanged, with the same context, or begin again without a cursor.',
  },
  TRIBES_E_STORE_LIMIT: {
    message: 'limit is {found}; expected a whole number from 1 to {max}',
    cause: 'A page of sessions was asked for with a limit out of range.',
    remedy: 'Ask for a page in range, and follow `next` for more.',
  },
  TRIBES_E_STORE_WRITE: {
    message: 'sessions could not be written to {directory}: {reason}; {dirtyBytes} bytes wait in memory',
    cause: 'The disk is full, was taken away, or fails.',
    remedy: 'Make room, or repair the disk: the node tries again by itself and loses nothing while it runs.',
  },
  TRIBES_E_STORE_JOURNAL: {
    message: 'changes cannot be journalled in {directory}: {reason}',
    cause:
      'The disk is full, was taken away, or fails. What is acknowledged waits for the data file instead, which takes longer; when that cannot be written either, it is in memory only.',
    remedy: 'Make room, or repair the disk: the node tries again by itself.',
  },
  TRIBES_E_STORE_FULL: {
    message:
      'nothing can be written to {directory}, and {dirtyBytes} bytes wait in memory: nothing more is taken',
    cause:
      'The disk is full or fails, and as much waits in memory as `store.dirtyBytes` allows. Messages that change sessions are refused: with FAIL_ACK where the sender waits for their processing, and counted in any case.',
    remedy:
      'Make room, or repair the disk. The node then writes what waits, and asks the members again for what it refused.',
  },
  TRIBES_E_STORE_KEY: {
    message: 'data directory {directory} cannot be opened: {reason}',
    cause:
      'A store is encrypted from its beginning, or not at all, and opens only with the key that it was made with.',
    remedy:
      'Give the `store.keyFile` that the store was made with, or none if it was made without. To change that, see docs/store.md.',
  },
  TRIBES_E_STORE_KEY_FILE: {
    message: 'key file {file} cannot be used: {reason}',
    cause: 'The file cannot be read, others can read it, or it does not hold a key.',
    remedy:
      'Make one with `(umask 077; openssl rand -hex 32 > FILE)`: 64 hexadecimal digits, readable by the user who runs the node alone. Keep a copy: without it the store cannot be read.',
  },
  TRIBES_E_STORE_RECORD: {
    message: 'stored session: expected {expected} at offset {offset}, found {found}',
    cause: 'A record was damaged on disk, or was written by a version that this one does not know.',
    remedy: 'Nothing, if the cluster still has the session: its next change writes the record anew.',
  },
  TRIBES_E_STORE_DESCRIPTORS: {
    message: 'the dictionary of class descriptors is full: {count} descriptors, {bytes} bytes',
    cause: 'Peers have sent more different classes than the limits of the store allow.',
    remedy:
      'Nothing: values of further classes rest whole and need more room. If the classes are legitimate, raise `maxDescriptors` and `maxDescriptorBytes`.',
  },
  TRIBES_E_STORE_SNAPSHOT: {
    message:
      'more than {max} bytes of sessions have changed while they were being exported (store.maxSnapshotBytes)',
    cause:
      'An export shows all sessions as of one instant, so what changes before it is written is kept in memory. Whoever takes the export is slower than the cluster changes its sessions.',
    remedy:
      'Export to a fast disk on the host of the node, or at a quieter time, or raise store.maxSnapshotBytes.',
  },
  TRIBES_E_STORE_CLOSED: {
    message: 'the session store is not open',
    cause: 'The store was used before `open` or after `close`.',
    remedy: 'Open the store first; after `close`, make a new one.',
  },
} as const satisfies ErrorEntries;
