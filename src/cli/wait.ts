const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Resolves after `ms` milliseconds, or when `signal` is aborted. Infinity: only then. */
export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) {
    return;
  }
  await new Promise<void>((resolve) => {
    const timer = ms <= MAX_TIMEOUT_MS ? setTimeout(end, ms) : undefined;
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
    signal.addEventListener('abort', end);
  });
}
