#!/usr/bin/env node
import { run } from './run.js';

let interruption: AbortController | undefined;

/** From now on the first signal asks the command to end, and the second ends it. */
function interrupted(): AbortSignal {
  if (interruption === undefined) {
    const controller = (interruption = new AbortController());
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (controller.signal.aborted) {
          process.exit(2);
        }
        controller.abort();
      });
    }
  }
  return interruption.signal;
}

// A reader that has seen enough (`| head`) ends the program quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 2);
});

// The timers of the node do not keep the process alive; a command does, until it is done.
const running = setInterval(() => undefined, 2 ** 31 - 1);

process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  input: () => process.stdin,
  get interrupted() {
    return interrupted();
  },
  exit: (code) => process.exit(code),
});
clearInterval(running);
