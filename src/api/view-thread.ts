import { parentPort, workerData } from 'node:worker_threads';
import { isTribesError, messageOf } from '../base/index.js';
import type { ShownLimits } from './attribute-view.js';
import { runViewTask, type ViewTask } from './view-task.js';
import type { ViewReply } from './view-worker.js';

/** The thread that `ViewWorker` starts: one task after the other. */
const limits = workerData as ShownLimits;

function answer(task: ViewTask): ViewReply {
  try {
    // A Buffer is a Uint8Array here: what comes over lost its class.
    const group = { ...task.group, stream: asBuffer(task.group.stream) };
    return {
      ok: true,
      results: runViewTask({ ...task, group }, limits).map((bytes) => new Uint8Array(bytes)),
    };
  } catch (error) {
    return isTribesError(error)
      ? { ok: false, code: error.code, params: error.params }
      : { ok: false, code: null, message: messageOf(error) };
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

parentPort?.on('message', (task: ViewTask) => {
  const reply = answer(task);
  parentPort?.postMessage(reply, reply.ok ? reply.results.map(({ buffer }) => buffer as ArrayBuffer) : []);
});
