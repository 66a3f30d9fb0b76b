import { setTimeout as sleep } from 'node:timers/promises';

/** Something that was waited for did not come in time. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/**
 * Asks `probe` again and again until it answers something other than undefined. What `probe` throws counts as "not
 * yet"; the last of it is told when the time is over.
 *
 * @param within milliseconds
 * @throws TimeoutError
 */
export async function eventually<T>(
  what: string,
  within: number,
  probe: () => Promise<T | undefined> | T | undefined,
  every = 50,
): Promise<T> {
  const deadline = performance.now() + within;
  let last: unknown;
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined) {
        return answer;
      }
    } catch (error) {
      last = error;
    }
    if (performance.now() >= deadline) {
      const reason = last instanceof Error ? ` (last: ${last.message})` : '';
      throw new TimeoutError(`not within ${within} ms: ${what}${reason}`, { cause: last });
    }
    await sleep(every);
  }
}

/** `promise`, or a TimeoutError after `within` milliseconds. */
export async function bounded<T>(what: string, within: number, promise: Promise<T>): Promise<T> {
  const abort = new AbortController();
  const late = sleep(within, undefined, { signal: abort.signal }).then(
    () => {
      throw new TimeoutError(`not within ${within} ms: ${what}`);
    },
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    abort.abort();
  }
}
