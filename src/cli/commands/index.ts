import type { Command } from '../command.js';
import { configCommand } from './config.js';
import { javaCommand } from './java.js';
import { membersCommand } from './members.js';
import { mirrorCommand } from './mirror.js';
import { sessionsCommand } from './sessions.js';

/** Every command: one file, one line here. */
export const commands: readonly Command[] = [
  mirrorCommand,
  membersCommand,
  sessionsCommand,
  javaCommand,
  configCommand,
];
