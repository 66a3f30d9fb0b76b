import { expect } from 'chai';
import { ArchiveReader, writeArchive } from '../../src/archive/index.js';
import { sessionId, type SessionRecord } from '../../src/base/index.js';
import { attribute, sessionRecord } from '../store/session-records.js';
import { memoryInUse } from '../support/memory-in-use.js';

const SESSIONS = 100_000;
/** Between two looks at the memory. */
const STRIDE = 20_000;

describe('an archive of 100,000 sessions', function () {
  this.timeout(300_000);

  it('takes no more memory than one of a few, written and read at once', async () => {
    const kept: number[] = [];
    const header = {
      writer: 'a test',
      asOf: 0,
      contexts: new Map([[sessionRecord().context, SESSIONS]]),
      withSecrets: true,
    };
    const reader = await ArchiveReader.open(writeArchive(header, numbered(kept)));
    let sessions = 0;
    for await (const batch of reader.batches()) {
      sessions += batch.length;
    }
    expect(sessions).to.equal(SESSIONS);
    expect(kept).to.have.length(SESSIONS / STRIDE);
    const [first = 0, ...later] = kept;
    // One batch on its way more or less; the sessions have some 100 MB together.
    expect(Math.max(...later) - first).to.be.below(8 * 2 ** 20);
  });
});

function* numbered(kept: number[]): Generator<SessionRecord> {
  for (let number = 0; number < SESSIONS; number++) {
    yield sessionRecord({
      id: sessionId(`session-${number}.node1`),
      attributes: [
        attribute('list', 'ArrayList'),
        attribute('amount', 'BigDecimal'),
        attribute('date', 'Date'),
      ],
    });
    if (number % STRIDE === STRIDE / 2) {
      kept.push(memoryInUse());
    }
  }
}
