import { expect } from 'chai';
import { AttributeViewer } from '../../src/api/attribute-viewer.js';
import { runViewTask } from '../../src/api/view-task.js';
import { defaultJavaLimits, defaultViewLimits, type ShareGroup } from '../../src/base/index.js';
import { fromJs, readStream, writeStream } from '../../src/java/index.js';
import { rejectionOf } from '../support/errors.js';

const limits = { java: defaultJavaLimits, view: defaultViewLimits };

/** Far too long to be shown in the event loop. */
function longList(length: number): ShareGroup {
  const list = Array.from({ length }, (_, index) => `element ${index}`);
  return { names: ['list'], stream: writeStream({ contents: [fromJs(list)] }) };
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('utf8');

describe('AttributeViewer', function () {
  this.timeout(30_000);
  let viewer: AttributeViewer;

  beforeEach(() => {
    viewer = new AttributeViewer(limits);
  });
  afterEach(() => viewer.close());

  it('shows large values as it shows small ones', async () => {
    const group = longList(20_000);
    const [expected] = runViewTask({ make: 'group', group }, limits);
    expect(text((await viewer.group(group))[0])).to.equal(text(expected));
    expect(text(await viewer.one(group, 0))).to.equal(text(expected));
    expect(text(expected)).to.match(/^\{"class":"java\.util\.ArrayList","bytes":\d+,"value":\["element 0"/);
  });

  it('lets the event loop go on meanwhile', async () => {
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns++;
      if (!isDone) {
        setImmediate(count);
      }
    };
    setImmediate(count);
    await viewer.group(longList(100_000));
    isDone = true;
    expect(turns).to.be.greaterThan(100);
  });

  it('takes several tasks at a time', async () => {
    const groups = [3_000, 4_000, 5_000].map(longList);
    const results = await Promise.all(groups.map((group) => viewer.one(group, 0)));
    expect(
      results.map((bytes) => (JSON.parse(text(bytes)) as { value: string[] }).value.length),
    ).to.deep.equal([3_000, 4_000, 5_000]);
  });

  it('cuts one large value out of what it shares', async () => {
    const shared = fromJs(Array.from({ length: 5_000 }, (_, index) => index));
    const both = writeStream({ contents: [shared, fromJs('other'), shared] });
    const group = { names: ['a', 'b', 'c'], stream: both };
    const alone = writeStream({ contents: [shared] });
    for (const index of [0, 2]) {
      expect(Buffer.from(await viewer.stream(group, index)).equals(alone), String(index)).to.be.true;
    }
    expect(readStream(Buffer.from(await viewer.stream(group, 1))).contents).to.have.length(1);
  });

  it('hands errors over as they are', async () => {
    const { stream } = longList(5_000);
    const group = { names: ['a', 'b'], stream };
    const error = await rejectionOf('TRIBES_E_SESSION_UNCUT', viewer.stream(group, 1));
    expect(error.message).to.include('"b"');
    const small = new AttributeViewer({ ...limits, java: { ...defaultJavaLimits, maxHandles: 10 } });
    expect(text(await small.one(longList(5_000), 0))).to.include('"@error":"TRIBES_E_JAVA_LIMIT"');
    await small.close();
  });

  it('survives a value that takes more memory than there is for views', async () => {
    const tight = new AttributeViewer(limits, 16);
    const group = longList(400_000);
    await rejectionOf('TRIBES_E_API_NOT_SHOWN', tight.one(group, 0));
    expect(text((await tight.group(group))[0])).to.include('"@error":"TRIBES_E_API_NOT_SHOWN"');
    expect(text(await tight.one(longList(3_000), 0))).to.include('element 2999');
    await tight.close();
  });

  it('refuses tasks once it is closed', async () => {
    await viewer.close();
    await rejectionOf('TRIBES_E_API_NOT_SHOWN', viewer.one(longList(5_000), 0));
  });
});
