import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { eventually, SupervisedProcess, TimeoutError } from '../../../interop/kit/index.js';

const IDLE = 'setInterval(() => undefined, 1000); console.log("up");';
const STUBBORN = `process.on('SIGTERM', () => undefined); ${IDLE}`;

describe('SupervisedProcess', function () {
  this.timeout(20_000);

  let directory: string;
  let logFile: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tribes-kit-'));
    logFile = join(directory, 'log');
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  async function up(script: string): Promise<SupervisedProcess> {
    const child = new SupervisedProcess({
      name: 'child',
      command: [process.execPath, '-e', script],
      logFile,
    });
    await eventually('it is up', 5_000, () => readFileSync(logFile, 'utf8').includes('up') || undefined);
    return child;
  }

  it('runs under its own pid, whatever precedes it', async () => {
    const child = await up(`console.log(process.pid); ${IDLE}`);
    expect(readFileSync(logFile, 'utf8')).to.include(`${String(child.pid)}\n`);
    await child.kill();
  });

  it('tells how it ended', async () => {
    const child = new SupervisedProcess({
      name: 'child',
      command: [process.execPath, '-e', 'process.exit(3)'],
      logFile,
    });
    expect(await child.exited).to.deep.equal({ code: 3 });
    expect(child.ending).to.deep.equal({ code: 3 });
  });

  it('ends on SIGTERM, also when it is stopped', async () => {
    const child = await up(IDLE);
    child.signal('SIGSTOP');
    expect(await child.terminate(5_000)).to.deep.equal({ signal: 'SIGTERM' });
  });

  it('is killed when it does not end on SIGTERM, and that is told', async () => {
    const child = await up(STUBBORN);
    const error: unknown = await child.terminate(200).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(TimeoutError);
    expect(child.ending).to.deep.equal({ signal: 'SIGKILL' });
  });

  it('takes a program that does not exist for one that has ended', async () => {
    const child = new SupervisedProcess({ name: 'child', command: [join(directory, 'nothing')], logFile });
    expect(await child.exited).to.deep.equal({ code: 127 });
    expect(readFileSync(logFile, 'utf8')).to.match(/nothing/);
  });

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL'] as const) {
    it(`ends with the process that started it, when that gets ${signal}`, async function () {
      if (signal === 'SIGKILL' && process.platform !== 'linux') {
        this.skip();
      }
      const kit = fileURLToPath(new URL('../../../interop/kit/index.js', import.meta.url));
      const command = JSON.stringify([process.execPath, '-e', IDLE]);
      const script = `import { SupervisedProcess } from ${JSON.stringify(kit)};
        console.log(new SupervisedProcess({ name: 'child', command: ${command}, logFile: ${JSON.stringify(logFile)} }).pid);
        setInterval(() => undefined, 1000);`;
      const parent = spawn(process.execPath, ['--input-type=module', '-e', script]);
      const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(chunk.toString());
      await eventually(
        'the child is up',
        5_000,
        () => readFileSync(logFile, 'utf8').includes('up') || undefined,
      );
      parent.kill(signal);
      await once(parent, 'exit');
      await eventually('the child is gone', 5_000, () => !alive(pid) || undefined);
    });
  }
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
