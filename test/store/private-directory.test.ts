import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { silentLogger } from '../../src/base/index.js';
import { preparePrivateDirectory, preparePrivateFile } from '../../src/store/private-directory.js';
import { rejectionOf } from '../support/errors.js';
import { recordingLogger } from '../support/recording-logger.js';
import { temporaryDirectories } from './temporary-directory.js';

const modeOf = (path: string): number => statSync(path).mode & 0o7777;

describe('private directory', () => {
  const temporaryDirectory = temporaryDirectories();

  it('is made for its user alone, and so is what is missing above it', async () => {
    const top = temporaryDirectory();
    await preparePrivateDirectory(join(top, 'a', 'b'), silentLogger);
    expect(modeOf(join(top, 'a'))).to.equal(0o700);
    expect(modeOf(join(top, 'a', 'b'))).to.equal(0o700);
  });

  it('is tightened, with a warning, when others have rights in it', async () => {
    const directory = join(temporaryDirectory(), 'wide');
    mkdirSync(directory);
    chmodSync(directory, 0o755);
    const { logger, lines } = recordingLogger();
    await preparePrivateDirectory(directory, logger);
    expect(modeOf(directory)).to.equal(0o700);
    expect(lines('warn').map((line) => line.fields)).to.eql([
      { path: directory, found: '0755', mode: '0700' },
    ]);
  });

  it('is left alone when it is private already', async () => {
    const directory = temporaryDirectory();
    const { logger, lines } = recordingLogger();
    await preparePrivateDirectory(directory, logger);
    expect(lines('warn')).to.eql([]);
  });

  it('leaves the rights of what is above it alone', async () => {
    const top = join(temporaryDirectory(), 'top');
    mkdirSync(top);
    chmodSync(top, 0o755);
    await preparePrivateDirectory(join(top, 'below'), silentLogger);
    expect(modeOf(top)).to.equal(0o755);
  });

  it('is refused where a file is', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    for (const path of [file, join(file, 'below')]) {
      const error = await rejectionOf(
        'TRIBES_E_STORE_UNREADABLE',
        preparePrivateDirectory(path, silentLogger),
      );
      expect(error.message).to.include(path);
    }
  });

  it('is refused where none can be made', async () => {
    for (const path of ['/proc/tribes', '/proc/tribes/below']) {
      await rejectionOf('TRIBES_E_STORE_UNREADABLE', preparePrivateDirectory(path, silentLogger));
    }
  });

  it('is refused when it belongs to another user', async function () {
    if (process.getuid?.() !== 0) {
      this.skip(); // only root can give a directory away
    }
    const directory = temporaryDirectory();
    chownSync(directory, 12345, 12345);
    const error = await rejectionOf(
      'TRIBES_E_STORE_UNREADABLE',
      preparePrivateDirectory(directory, silentLogger),
    );
    expect(error.message).to.include('belongs to user 12345, and this process runs as user 0');
  });
});

describe('private file', () => {
  const temporaryDirectory = temporaryDirectories();

  it('is made empty, for its user alone', async () => {
    const file = join(temporaryDirectory(), 'file');
    expect(await preparePrivateFile(file, silentLogger)).to.equal(0);
    expect(modeOf(file)).to.equal(0o600);
  });

  it('is tightened, with a warning, and keeps what it holds', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, 'content');
    chmodSync(file, 0o644);
    const { logger, lines } = recordingLogger();
    expect(await preparePrivateFile(file, logger)).to.equal(7);
    expect(modeOf(file)).to.equal(0o600);
    expect(lines('warn').map((line) => line.fields)).to.eql([{ path: file, found: '0644', mode: '0600' }]);
  });

  it('is refused when it is a link to another place', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'elsewhere'), '');
    symlinkSync(join(directory, 'elsewhere'), join(directory, 'link'));
    await rejectionOf('TRIBES_E_STORE_UNREADABLE', preparePrivateFile(join(directory, 'link'), silentLogger));
  });
});
