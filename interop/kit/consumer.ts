import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { atExit } from './at-exit.js';
import { ROOT } from './files.js';

const run = promisify(execFile);

/** What the package is packed from, beside what `tsc` builds. */
const PACKED = ['package.json', 'README.md', 'LICENSE', 'NOTICE', 'CHANGELOG.md', 'docs'];

const COMPILER_OPTIONS = {
  target: 'ES2023',
  module: 'NodeNext',
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  rootDir: 'src',
  outDir: 'out',
};

/**
 * Somebody else's project with this package in it, as `npm pack` packs it; what it depends on is linked from this checkout, so
 * that nothing is downloaded.
 */
export class Consumer {
  readonly directory = mkdtempSync(join(tmpdir(), 'tribes-consumer-'));
  readonly #forget = atExit(() => this.#remove());

  private constructor() {
    mkdirSync(join(this.directory, 'src'));
    mkdirSync(join(this.directory, 'node_modules'));
    this.#write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
    this.#write('tsconfig.json', JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ['src'] }));
  }

  /** Takes some 15 seconds. */
  static async make(): Promise<Consumer> {
    const consumer = new Consumer();
    try {
      await consumer.#install();
      return consumer;
    } catch (error) {
      consumer.close();
      throw error;
    }
  }

  /** The folder of the package in it. */
  get package(): string {
    return join(this.directory, 'node_modules/tomcat-tribes');
  }

  /** Adds a module: `program.ts`. */
  add(name: string, source: string): void {
    this.#write(join('src', name), source);
  }

  /** Compiles all modules. Rejects with what the compiler says. */
  async compile(): Promise<void> {
    await tsc(['-p', join(this.directory, 'tsconfig.json')]);
  }

  /** Runs a module that was compiled, and answers what it printed. Rejects with what it says when it fails. */
  async run(name: string, within = 60_000): Promise<string> {
    const program = join(this.directory, 'out', name);
    const options = { cwd: this.directory, timeout: within, killSignal: 'SIGKILL' as const };
    const { stdout } = await run(process.execPath, ['--enable-source-maps', program], options);
    return stdout;
  }

  close(): void {
    this.#forget();
    this.#remove();
  }

  async #install(): Promise<void> {
    const stage = join(this.directory, 'stage');
    mkdirSync(stage);
    for (const name of PACKED) {
      cpSync(join(ROOT, name), join(stage, name), { recursive: true });
    }
    const output = ['--outDir', join(stage, 'dist'), '--tsBuildInfoFile', join(stage, '.tsbuildinfo')];
    await tsc(['-p', join(ROOT, 'tsconfig.build.json'), ...output]);
    const pack = ['pack', '--ignore-scripts', '--json', '--offline', '--pack-destination', this.directory];
    await run('npm', pack, { cwd: stage });
    const [archive = ''] = readdirSync(this.directory).filter((name) => name.endsWith('.tgz'));
    mkdirSync(this.package);
    await run('tar', ['-xzf', join(this.directory, archive), '--strip-components=1', '-C', this.package]);
    rmSync(stage, { recursive: true });
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      symlinkSync(join(ROOT, 'node_modules', name), join(this.directory, 'node_modules', name));
    }
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text);
  }

  #remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Rejects with what the compiler printed. */
async function tsc(parameters: readonly string[]): Promise<void> {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  try {
    await run(process.execPath, [compiler, ...parameters], { timeout: 180_000, maxBuffer: 2 ** 24 });
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string };
    throw new Error(`tsc ${parameters.join(' ')}: ${stdout}`, { cause: error });
  }
}
