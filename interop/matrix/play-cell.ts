import type { MatrixCell } from './cells.js';

/** How often a cell is played at most in which Tomcats lose changes by themselves. */
const TRIES = 3;

export interface Played {
  /** What it failed with before it passed. */
  readonly failures: readonly string[];
}

/**
 * Plays a cell. Where a map keeps no order, Tomcats lose a change that overtakes the creation of its session, with the node and without it:
 * what fails there is played again.
 *
 * @throws Error of the last try
 */
export async function playCell({ keepsOrder }: MatrixCell, once: () => Promise<void>): Promise<Played> {
  const failures: string[] = [];
  for (;;) {
    try {
      await once();
      return { failures };
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
      if (keepsOrder || failures.length >= TRIES) {
        throw error;
      }
    }
  }
}
