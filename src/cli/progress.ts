import type { Terminal } from './command.js';

/** How often a busy command says how far it is, in milliseconds. */
const PERIOD_MS = 2_000;

/** Says on the standard error how far a command is, now and then. */
export class Progress {
  readonly #terminal: Terminal;
  readonly #doing: string;
  readonly #total: number;
  #sessions = 0;
  #toldAt = performance.now();

  /** @param doing such as `exporting`. */
  constructor(terminal: Terminal, doing: string, total: number) {
    this.#terminal = terminal;
    this.#doing = doing;
    this.#total = total;
  }

  add(sessions: number): void {
    this.#sessions += sessions;
    const now = performance.now();
    if (now - this.#toldAt >= PERIOD_MS) {
      this.#toldAt = now;
      this.#terminal.err(`tribes: ${this.#doing}: ${this.#sessions} of ${this.#total} sessions\n`);
    }
  }
}
