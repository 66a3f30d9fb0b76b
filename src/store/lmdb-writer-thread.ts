import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../base/index.js';
import { checkDiskRoom, growthOf } from './disk-room.js';
import { joinEnvironment } from './lmdb-environment.js';
import { decodeBatch } from './write-batch.js';
import type { WriterData, WriterReply, WriterRequest } from './lmdb-writer.js';

/** The thread that `LmdbWriter` starts: it writes each batch in one transaction. */
const { directory, secret } = workerData as WriterData;
const { root, databases, seal } = joinEnvironment(directory, secret && Buffer.from(secret));

function writeAll(batch: Uint8Array): void {
  const writes = [...decodeBatch(batch)];
  checkDiskRoom(directory, growthOf(writes));
  root.transactionSync(() => {
    for (const { database, key, value } of writes) {
      if (value === null) {
        databases[database].removeSync(key);
      } else {
        databases[database].putSync(key, seal.seal(database, key, value));
      }
    }
  });
}

function reply(message: WriterReply): void {
  parentPort?.postMessage(message);
}

async function answer(request: WriterRequest): Promise<void> {
  try {
    if (request === 'close') {
      await root.close();
    } else {
      writeAll(request);
    }
    reply({ ok: true });
  } catch (error) {
    reply({ ok: false, reason: messageOf(error) });
  }
}

parentPort?.on('message', (request: WriterRequest) => void answer(request));
reply({ ok: true });
