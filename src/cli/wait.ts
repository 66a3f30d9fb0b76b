/** Resolves after `ms` milliseconds, Infinity included, or when `signal` is aborted. Keeps the process alive. */
export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) {
    return;
  }
  await new Promise<void>((resolve) => {
    const timer = Number.isFinite(ms) ? setTimeout(end, ms) : setInterval(() => undefined, 2 ** 31 - 1);
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
    signal.addEventListener('abort', end);
  });
}
