#!/usr/bin/env node
import { run } from './run.js';

// The first signal asks the command to end, the second ends it.
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupted.signal.aborted) {
      process.exit(2);
    }
    interrupted.abort();
  });
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
  interrupted: interrupted.signal,
  exit: (code) => process.exit(code),
});
clearInterval(running);
