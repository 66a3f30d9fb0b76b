import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import type { BootTime } from '../session/index.js';

/** Linux names each boot; elsewhere only the wall clock tells how long we have been away. */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** How long the machine has been running; null where that cannot be told from the run before. */
export function systemBootTime(): BootTime | null {
  try {
    return { id: readFileSync(BOOT_ID, 'latin1').trim(), uptimeMs: Math.round(uptime() * 1000) };
  } catch {
    return null;
  }
}
