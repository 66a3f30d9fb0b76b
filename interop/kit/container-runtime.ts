import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import type { Runtime } from './runtime.js';
import type { Ending } from './supervised-process.js';

const QUICK_MILLISECONDS = 60_000;

/** A container, moved by `docker` or `podman`. */
export class ContainerRuntime implements Runtime {
  readonly #engine: string;
  readonly #container: string;
  readonly #create: () => Promise<void>;
  #created = false;

  /** @param create makes the container and starts it, the first time */
  constructor(engine: string, container: string, create: () => Promise<void>) {
    this.#engine = engine;
    this.#container = container;
    this.#create = create;
  }

  get logPlace(): string {
    return `${this.#engine} logs ${this.#container}`;
  }

  get address(): string {
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
    return this.#created ? this.read('inspect', '--format', format, this.#container).trim() : '';
  }

  get running(): boolean {
    return this.#created && ['running', 'paused'].includes(this.#state().status);
  }

  get ending(): Ending | undefined {
    if (!this.#created) {
      return undefined;
    }
    const { status, code } = this.#state();
    return status === 'exited' || status === 'stopped' ? { code } : undefined;
  }

  async launch(): Promise<void> {
    if (this.#created) {
      await this.#run('start', this.#container);
    } else {
      await this.#create();
      this.#created = true;
    }
  }

  async terminate(within: number): Promise<Ending | undefined> {
    if (this.running) {
      await this.#run('stop', '--time', String(Math.ceil(within / 1000)), this.#container);
    }
    return this.ending;
  }

  async kill(): Promise<void> {
    if (this.running) {
      await this.#run('kill', '--signal', 'KILL', this.#container);
    }
  }

  pause(): Promise<void> {
    return this.#run('pause', this.#container);
  }

  resume(): Promise<void> {
    return this.#run('unpause', this.#container);
  }

  log(): string {
    return this.#created ? this.read('logs', this.#container) : '';
  }

  /** What a command of the engine prints, on either output. */
  read(...parameters: string[]): string {
    const command = `exec "$0" "$@" 2>&1`;
    return execFileSync('sh', ['-c', command, this.#engine, ...parameters], {
      encoding: 'utf8',
      timeout: QUICK_MILLISECONDS,
      maxBuffer: 2 ** 28,
    });
  }

  #state(): { status: string; code: number } {
    const format = '{{.State.Status}} {{.State.ExitCode}}';
    const [status = '', code = ''] = this.read('inspect', '--format', format, this.#container)
      .trim()
      .split(' ');
    return { status, code: Number(code) };
  }

  async #run(...parameters: string[]): Promise<void> {
    await promisify(execFile)(this.#engine, parameters, { timeout: QUICK_MILLISECONDS });
  }
}
