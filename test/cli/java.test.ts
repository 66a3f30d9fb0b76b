import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { vectorFiles } from '../support/vectors.js';
import { eventually } from '../support/eventually.js';
import { CliProcess, cli } from './cli-process.js';

const HEADER = 'aced0005';
const INTEGER_42 =
  [...vectorFiles('06-jdk').values()].flat().find(({ name }) => name === 'Integer')?.bytes ?? Buffer.alloc(0);

describe('tribes java', function () {
  this.timeout(30_000);
  let directory: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'tribes-java-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  function file(name: string, bytes: Buffer | string): string {
    const path = join(directory, name);
    writeFileSync(path, typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : bytes);
    return path;
  }

  it('shows what a stream holds', async () => {
    const path = file('integer.ser', INTEGER_42);
    expect(await cli(['java', path])).to.deep.equal({
      code: 0,
      stdout: `${path}: 81 bytes\njava.lang.Integer\n42\n`,
      stderr: '',
    });
  });

  it('shows what stands between objects, and what cannot be understood', async () => {
    const grammar = [...vectorFiles('06-stream').values()].flat();
    const bytesOf = (name: string) =>
      grammar.find((vector) => vector.name === name)?.bytes ?? Buffer.alloc(0);
    const mixed = await cli(['java', '--json', file('mixed.ser', bytesOf('top-level-mixed'))]);
    const { contents } = JSON.parse(mixed.stdout) as { contents: { kind: string }[] };
    expect(contents.map(({ kind }) => kind))
      .to.include('blockData')
      .and.include('value');
    const opaque = await cli(['java', '--json', file('opaque.ser', bytesOf('externalizable-v1'))]);
    expect(JSON.parse(opaque.stdout)).to.have.nested.property('opaque.reason', 'externalizable-v1');
    expect((await cli(['java', join(directory, 'opaque.ser')])).stdout).to.match(
      /^not understood: .*externalizable-v1/m,
    );
  });

  it('prints one JSON value a line', async () => {
    const paths = [file('a.ser', INTEGER_42), file('b.ser', INTEGER_42)];
    const { code, stdout } = await cli(['java', ...paths, '--json']);
    expect(code).to.equal(0);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).to.deep.equal(
      paths.map((path) => ({
        file: path,
        bytes: 81,
        contents: [{ kind: 'value', class: 'java.lang.Integer', value: 42 }],
      })),
    );
  });

  it('goes on after a file that cannot be shown, and ends with 1', async () => {
    const { code, stdout, stderr } = await cli([
      'java',
      file('broken.ser', `${HEADER}73`),
      file('good.ser', INTEGER_42),
    ]);
    expect(code).to.equal(1);
    expect(stderr).to.match(/^tribes: .*broken\.ser: TRIBES_E_JAVA_[A-Z]+: [^\n]*\n$/);
    expect(stdout).to.include('good.ser').and.include('42');
  });

  describe('--check', () => {
    it('finds everything that a JVM wrote to be the same', async () => {
      const vectors = [...vectorFiles('06-').values()].flat();
      const paths = vectors.map(({ bytes }, index) => file(`vector-${index}.ser`, bytes));
      const { code, stdout, stderr } = await cli(['java', ...paths, '--check']);
      expect([code, stderr]).to.deep.equal([0, '']);
      const lines = stdout.trimEnd().split('\n');
      expect(lines).to.have.length(vectors.length);
      for (const [index, line] of lines.entries()) {
        expect(line.startsWith(`same ${paths[index] ?? ''}: `), line).to.be.true;
      }
    });

    it('says why a file is refused, and ends with 1', async () => {
      mkdirSync(join(directory, 'folder'), { recursive: true });
      const { code, stdout } = await cli([
        'java',
        '--check',
        file('good.ser', INTEGER_42),
        file('text.txt', Buffer.from('not a Java stream')),
        file('empty', ''),
        join(directory, 'missing'),
        join(directory, 'folder'),
      ]);
      expect(code).to.equal(1);
      expect(
        stdout
          .trimEnd()
          .split('\n')
          .map((line) => line.replace(`${directory}/`, '').replace(/^(\S+ \S+ \S+).*/, '$1')),
      ).to.deep.equal([
        'same good.ser: 81',
        'refused text.txt: TRIBES_E_JAVA_HEADER:',
        'refused empty: TRIBES_E_JAVA_HEADER:',
        'refused missing: TRIBES_E_CLI_FILE:',
        'refused folder: TRIBES_E_CLI_FILE:',
      ]);
    });

    it('prints JSON when asked to', async () => {
      const path = file('good.ser', INTEGER_42);
      const { stdout } = await cli(['java', '--check', '--json', path]);
      expect(JSON.parse(stdout)).to.deep.equal({ file: path, result: 'same', why: '81 bytes' });
    });

    it('takes large files, and refuses those beyond java.maxBytes unread', async () => {
      const cells = 20_000_000;
      const head = Buffer.from(`${HEADER}757200025b42acf317f8060854e0020000787000000000`, 'hex');
      head.writeInt32BE(cells, head.length - 4);
      const path = file('large.ser', Buffer.concat([head, Buffer.alloc(cells, 7)]));
      expect((await cli(['java', '--check', path])).stdout).to.match(/^same /);
      const small = await cli(['java', '--check', path, '--java.maxBytes', '1000']);
      expect([small.code, small.stdout.includes('java.maxBytes is 1000')]).to.deep.equal([1, true]);
    });

    it('refuses hostile files quickly: nothing is allocated on their word', async () => {
      const { code, stdout } = await cli([
        'java',
        '--check',
        file('huge-array.ser', `${HEADER}757200025b42acf317f8060854e002000078707fffffff`),
        file('huge-string.ser', `${HEADER}7c7fffffffffffffff`),
        file(
          'deep.ser',
          HEADER +
            '737200014100000000000000000200014c0001617400013b7870'.repeat(1) +
            '73710000'.repeat(50_000),
        ),
      ]);
      expect(code).to.equal(1);
      expect(stdout.match(/^refused /gm)).to.have.length(3);
    });
  });

  it('reads the standard input and pipes, in bounds', async () => {
    const fromInput = await cli(['java', '--check', '-'], { input: INTEGER_42 });
    expect(fromInput.stdout).to.equal('same -: 81 bytes\n');
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reading = cli(['java', '--check', pipe]);
    writeFileSync(pipe, INTEGER_42);
    expect((await reading).stdout).to.equal(`same ${pipe}: 81 bytes\n`);
    const input = Buffer.alloc(5_000_000);
    const tooMuch = await cli(['java', '--check', '-', '--java.maxBytes', '1000'], { input });
    expect(tooMuch.code).to.equal(1);
    expect(tooMuch.stdout).to.match(/^refused -: TRIBES_E_CLI_FILE: .*java\.maxBytes is 1000/);
  });

  it('refuses devices: they need not have an end', async () => {
    const { code, stdout } = await cli(['java', '--check', '/dev/zero']);
    expect(code).to.equal(1);
    expect(stdout).to.match(/^refused \/dev\/zero: TRIBES_E_CLI_FILE: .*a device/);
  });

  it('is ended by a signal at once, whatever it is doing', async () => {
    const pipe = join(directory, 'silent-pipe');
    execFileSync('mkfifo', [pipe]);
    const waiting = new CliProcess(['java', file('first.ser', INTEGER_42), pipe]);
    await waiting.says(/first\.ser/);
    waiting.signal('SIGINT');
    await waiting.ended();
    expect(waiting.endedBy).to.equal('SIGINT');

    const head = Buffer.from(`${HEADER}757200025b4cacf317f8060854e0020000787000000000`, 'hex');
    const path = file('many.ser', head);
    const busy = new CliProcess(['java', '--check', ...Array<string>(10_000).fill(path)]);
    await eventually('it is busy', () => busy.stdout !== '', 10_000);
    busy.signal('SIGTERM');
    await busy.ended();
    expect(busy.endedBy).to.equal('SIGTERM');
  });

  it('does not let a file steer the terminal', async () => {
    const text = Buffer.from('\u001b[2J', 'utf8');
    const path = file('evil\u001b[31m.ser', Buffer.concat([Buffer.from(`${HEADER}740004`, 'hex'), text]));
    for (const argv of [
      ['java', path],
      ['java', path, '--json'],
      ['java', path, '--check'],
    ]) {
      expect((await cli(argv)).stdout).not.to.include('\u001b');
    }
  });

  it('needs a file', async () => {
    const { code, stderr } = await cli(['java']);
    expect(code).to.equal(2);
    expect(stderr).to.match(/^tribes: TRIBES_E_CLI_USAGE: FILE is missing/);
  });
});
