import { connect } from 'node:net';
import type { Clock } from '../base/index.js';

/** Whether somebody takes connections there: connects and closes at once. `signal` ends it early, with no. */
export function canConnect(
  { host, port }: { readonly host: string; readonly port: number },
  {
    clock,
    timeoutMs,
    signal,
  }: { readonly clock: Clock; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(false);
      return;
    }
    const socket = connect({ host, port });
    const answer = (connected: boolean): void => {
      timer.cancel();
      signal.removeEventListener('abort', giveUp);
      // The answer is given: a late error concerns nobody.
      socket.removeAllListeners().on('error', () => undefined);
      if (connected) {
        socket.end();
        socket.destroySoon();
      } else {
        socket.destroy();
      }
      resolve(connected);
    };
    const giveUp = (): void => answer(false);
    const timer = clock.after(timeoutMs, giveUp);
    signal.addEventListener('abort', giveUp);
    socket.once('connect', () => answer(true));
    socket.once('error', giveUp);
  });
}
