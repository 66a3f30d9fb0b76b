import { expect } from 'chai';
import { StartSequence } from '../../src/node/start-sequence.js';
import { recordingLogger } from '../support/recording-logger.js';

describe('StartSequence', () => {
  it('stops in the reverse order of the start, once', async () => {
    const sequence = new StartSequence(recordingLogger().logger);
    const stopped: string[] = [];
    for (const name of ['store', 'face', 'channel']) {
      sequence.started(name, () => {
        stopped.push(name);
        return Promise.resolve();
      });
    }
    await Promise.all([sequence.stop(), sequence.stop()]);
    expect(stopped).to.deep.equal(['channel', 'face', 'store']);
  });

  it('stops what is left when a part fails, logs it, and rejects with the first failure', async () => {
    const { logger, lines } = recordingLogger();
    const sequence = new StartSequence(logger);
    let stopped = false;
    sequence.started('store', () => {
      stopped = true;
      return Promise.resolve();
    });
    sequence.started('face', () => Promise.reject(new Error('second')));
    sequence.started('channel', () => Promise.reject(new Error('first')));
    let caught: unknown;
    try {
      await sequence.stop();
    } catch (error) {
      caught = error;
    }
    expect(caught).to.be.an('error').with.property('message', 'first');
    expect(stopped).to.be.true;
    expect(lines('error').map(({ fields }) => (fields as { part: string }).part)).to.deep.equal([
      'channel',
      'face',
    ]);
  });
});
