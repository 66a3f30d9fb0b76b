import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Linux counts in hundredths of a second (USER_HZ), whatever the kernel's own tick is. */
const TICK_MS = 10;

const QUIET_MS = 400;
const AT_MOST_MS = 120_000;

/** CPU time that a process has used, all its threads, those that have ended too, user and system: milliseconds. */
export function cpuTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the name in parentheses, which may hold anything; utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Waits until a process rests, so that what it does behind is counted; answers its CPU time then. */
export async function restingCpuTimeMs(pid: number): Promise<number> {
  const deadline = performance.now() + AT_MOST_MS;
  for (let before = cpuTimeMs(pid); ;) {
    await sleep(QUIET_MS);
    const now = cpuTimeMs(pid);
    if (now - before <= TICK_MS) {
      return now;
    }
    if (performance.now() > deadline) {
      throw new Error(`process ${pid} does not come to rest`);
    }
    before = now;
  }
}
