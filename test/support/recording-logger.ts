import type { Logger } from '../../src/base/index.js';

export interface LogLine {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

/** A logger that keeps its lines; `lines` gives those of one level. */
export function recordingLogger(): { logger: Logger; lines: (level: LogLine['level']) => LogLine[] } {
  const all: LogLine[] = [];
  const writer =
    (level: LogLine['level'], bindings: object) =>
    (fields: object, message: string): void =>
      void all.push({ level, fields: { ...bindings, ...fields }, message });
  const logger = (bindings: Record<string, unknown>): Logger => ({
    trace: writer('trace', bindings),
    debug: writer('debug', bindings),
    info: writer('info', bindings),
    warn: writer('warn', bindings),
    error: writer('error', bindings),
    child: (more) => logger({ ...bindings, ...more }),
  });
  return { logger: logger({}), lines: (level) => all.filter((line) => line.level === level) };
}
