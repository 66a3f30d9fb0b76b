import { expect } from 'chai';
import { Supervisor } from '../../src/channel/supervisor.js';
import { recordingLogger } from '../support/recording-logger.js';

describe('Supervisor', () => {
  it('waits for what runs, and for what that begins', async () => {
    const supervisor = new Supervisor(recordingLogger().logger);
    const done: string[] = [];
    supervisor.run('first', async () => {
      await new Promise(setImmediate);
      done.push('first');
      supervisor.run('second', async () => {
        await new Promise(setImmediate);
        done.push('second');
      });
    });
    await supervisor.idle();
    expect(done).to.eql(['first', 'second']);
  });

  it('logs the failure of a task, and lets nobody else feel it', async () => {
    const { logger, lines } = recordingLogger();
    const supervisor = new Supervisor(logger);
    supervisor.run('probe', () => Promise.reject(new Error('broken')));
    await supervisor.idle();
    expect(lines('error').map(({ fields }) => fields)).to.eql([{ task: 'probe', error: 'broken' }]);
  });
});
