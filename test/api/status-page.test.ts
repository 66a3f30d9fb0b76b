import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { startApi, type Api } from '../../src/api/index.js';
import { statusPage } from '../../src/api/page/status-page.js';
import {
  contextName,
  defaultJavaLimits,
  defaultViewLimits,
  sessionId,
  silentLogger,
  systemClock,
} from '../../src/base/index.js';
import { eventually } from '../support/eventually.js';
import { TestNode, jdkAttribute, testMember, testRecord } from './test-node.js';

/** As much of a DOM as the page uses. Markup is not understood, so that what is shown can only be text. */
class Element {
  readonly tag: string;
  children: Element[] = [];
  hidden = false;
  className = '';
  title = '';
  type = '';
  #text = '';
  #parent: Element | undefined;
  readonly #actions = new Map<string, () => void>();

  constructor(tag: string) {
    this.tag = tag;
  }

  get textContent(): string {
    return this.#text + this.children.map((child) => child.textContent).join(' ');
  }

  set textContent(text: string) {
    this.#text = text;
    this.children = [];
  }

  get childElementCount(): number {
    return this.children.length;
  }

  get lastElementChild(): Element | undefined {
    return this.children.at(-1);
  }

  append(child: Element): void {
    child.#parent = this;
    this.children.push(child);
  }

  prepend(child: Element): void {
    child.#parent = this;
    this.children.unshift(child);
  }

  replaceChildren(...children: Element[]): void {
    this.children = [];
    children.forEach((child) => this.append(child));
  }

  remove(): void {
    const siblings = this.#parent?.children ?? [];
    siblings.splice(siblings.indexOf(this), 1);
  }

  setAttribute(): void {
    // Only for people who cannot see.
  }

  addEventListener(event: string, action: () => void): void {
    this.#actions.set(event, action);
  }

  click(): void {
    this.#actions.get('click')?.();
  }

  find(text: string): Element | undefined {
    if (this.tag === 'button' && this.textContent === text) {
      return this;
    }
    return this.children.map((child) => child.find(text)).find((found) => found !== undefined);
  }
}

describe('status page', () => {
  let node: TestNode;
  let api: Api;
  let elements: Map<string, Element>;
  let events: Map<string, (message: { data: string }) => void>;
  let addresses: string[];
  const timers = new Set<NodeJS.Timeout>();

  const shown = (id: string): string => elements.get(id)?.textContent ?? '';
  const eventuallyShown = (id: string, text: string) =>
    eventually(`${id} shows ${text}, not ${shown(id)}`, () => shown(id).includes(text));

  beforeEach(async () => {
    node = new TestNode();
    await node.store.open();
    api = await startApi(
      node,
      {
        address: '127.0.0.1',
        port: 0,
        token: null,
        allowedHosts: [],
        eventHistory: 100,
        eventHistoryBytes: 1e6,
        maxEventReaders: 2,
        limits: { java: defaultJavaLimits, view: defaultViewLimits },
      },
      { clock: systemClock, logger: silentLogger },
    );
    elements = new Map(
      [...statusPage.html.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => [id, new Element(id)]),
    );
  });
  afterEach(async () => {
    timers.forEach(clearTimeout);
    await api.stop();
  });

  function open(): void {
    events = new Map();
    addresses = [];
    const script = /<script>([^]*)<\/script>/.exec(statusPage.html)?.[1] ?? '';
    runInNewContext(script, {
      document: {
        getElementById: (id: string) => elements.get(id),
        createElement: (tag: string) => new Element(tag),
      },
      history: {
        replaceState: (_state: unknown, _title: string, address: string) => void addresses.push(address),
      },
      EventSource: class {
        addEventListener(kind: string, action: (message: { data: string }) => void): void {
          events.set(kind, action);
        }
      },
      fetch: (path: string) => fetch(api.url.slice(0, -1) + path),
      setTimeout: (action: () => void) => {
        const timer = setTimeout(action, 1);
        timers.add(timer);
        return timer;
      },
      setInterval: () => undefined,
      clearTimeout,
      URLSearchParams,
    });
  }

  it('shows members, contexts and sessions', async () => {
    node.others.push(testMember(4001, 90_000, 'blue'));
    node.store.put(testRecord('S1', 'localhost#/app', { attributes: [jdkAttribute('user', 'Integer')] }));
    open();
    await eventuallyShown('sessions', 'S1');
    expect(shown('sessions'))
      .to.include('localhost#/app')
      .and.include('2023-11-14 22:13:20')
      .and.include('user');
    expect(shown('members')).to.include('tcp://127.0.0.1:4001').and.include('blue').and.include('90 s');
    expect(shown('contexts')).to.include('localhost#/app');
    expect(shown('health')).to.equal('synchronised');
    expect(shown('problem')).to.equal('');
  });

  it('takes the token out of the address', () => {
    open();
    expect(addresses).to.deep.equal(['/']);
  });

  it('shows more than one page of sessions when asked to', async () => {
    for (let number = 0; number < 250; number++) {
      node.store.put(testRecord(`S${number}`, '/app'));
    }
    open();
    await eventually('the first page is shown', () => elements.get('sessions')?.childElementCount === 200);
    expect(elements.get('more')?.hidden).to.be.false;
    elements.get('more')?.click();
    await eventually('all are shown', () => elements.get('sessions')?.childElementCount === 250);
    expect(elements.get('more')?.hidden).to.be.true;
  });

  it('shows a session, and whatever is in it as text', async () => {
    const hostile = '<img src=x onerror=alert(1)>';
    node.store.put(testRecord(hostile, '/app', { attributes: [jdkAttribute(hostile, 'Integer')] }));
    open();
    await eventuallyShown('sessions', hostile);
    elements.get('sessions')?.find(hostile)?.click();
    await eventuallyShown('session-json', '"value": 42');
    expect(shown('session-json')).to.include(hostile);
  });

  it('follows what happens', async () => {
    open();
    await eventuallyShown('health', 'synchronised');
    node.store.put(testRecord('S9', '/app'));
    const event = {
      type: 'sessionCreated',
      context: contextName('/app'),
      id: sessionId('S9'),
      at: 1_700_000_000_000,
    };
    events.get('session')?.({ data: JSON.stringify(event) });
    expect(shown('events')).to.include('sessionCreated').and.include('S9');
    await eventuallyShown('sessions', 'S9');
    for (let number = 0; number < 150; number++) {
      events.get('missed')?.({ data: '{"type":"missed","count":1}' });
    }
    expect(elements.get('events')?.childElementCount).to.equal(100);
  });

  it('says why the node is not ready, and what goes wrong', async () => {
    node.state = { ready: false, reason: 'waiting for a state' };
    open();
    await eventuallyShown('health', 'waiting for a state');
    node.mirror.contexts = () => {
      throw new Error('broken');
    };
    events.get('open')?.({ data: '' });
    await eventuallyShown('problem', 'the request failed within the node');
  });
});
