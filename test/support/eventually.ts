import { setTimeout as pause } from 'node:timers/promises';

/** Waits until `condition` holds; fails after `withinMs`. For what other processes and the network do in real time. */
export async function eventually(what: string, condition: () => boolean, withinMs = 5000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) {
      throw new Error(`not within ${withinMs} ms: ${what}`);
    }
    await pause(5);
  }
}
