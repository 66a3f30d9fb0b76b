const actions = new Set<() => void>();
let watching = false;

/**
 * Has something done, at once and without waiting, when this process ends for whatever reason but SIGKILL.
 *
 * @returns what takes it back
 */
export function atExit(action: () => void): () => void {
  watch();
  actions.add(action);
  return () => actions.delete(action);
}

function watch(): void {
  if (watching) {
    return;
  }
  watching = true;
  process.once('exit', () => {
    for (const action of actions) {
      action();
    }
  });
  for (const [signal, number] of [
    ['SIGHUP', 1],
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const) {
    process.once(signal, () => process.exit(128 + number));
  }
}
