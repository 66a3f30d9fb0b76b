import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import { JavaClasses, java, type ObjectInputStream } from '../../src/java/index.js';
import { Mirror, type Session, type WriteResult } from '../../src/library/index.js';
import {
  APP,
  Consumer,
  eventually,
  libraryProgram,
  Visitor,
  type DumpedSession,
  type Tomcat,
} from '../kit/index.js';
import type { Scenario } from './scenario.js';
import type { Stage } from './stage.js';

const CONTEXT = 'localhost#/app';

const program: Scenario = {
  name: 'library/page',
  about: 'the program of docs/library.md, with the package as others have it',
  core: false,
  aboutTheNode: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const tomcats = await twoTomcats(stage);
    const [one] = tomcats;
    const visitor = new Visitor(APP);
    await stage.step('a session as the page has it', async () => {
      await visitor.browser.fetch(one.url, `${APP.path}/session/put?name=user`, {
        method: 'POST',
        body: 'ann',
      });
      await visitor.act(one, 'set', { name: 'count', type: 'Integer', seed: 41 });
      await visitor.act(one, 'set', { name: 'cart', type: 'shop-cart', seed: 1 });
    });
    const { id } = await visitor.act(one, '');
    const consumer = await Consumer.make();
    try {
      await stage.step('the program prints what the page says', async () => {
        const { source, output } = libraryProgram({
          ...ownPlace(stage),
          data: join(consumer.directory, 'data'),
          id,
        });
        consumer.add('program.ts', source);
        await consumer.compile();
        const printed = await consumer.run('program.js');
        if (printed !== output) {
          throw new Error(`it printed\n${printed}\ninstead of\n${output}`);
        }
      });
    } finally {
      consumer.close();
    }
    await stage.step('every Tomcat has what it wrote', () =>
      holds(tomcats, id, {
        count: ['java.lang.Integer', 42],
        visits: ['java.lang.Long', 5],
        tags: ['java.util.ArrayList', ['a', 'b']],
        since: ['java.util.Date', '1970-01-01T00:00:00Z'],
        cart: ['shop.Cart', { '@class': 'shop.Cart', owner: 'bob', total: 1250, items: ['tea'] }],
      }),
    );
    await stage.logsAreClean();
  },
};

class Person {
  name = '';
  born = '';
}

class Customer extends Person {
  number = 0n;
  addresses: Address[] = [];
  visits = 0;
  notes: string[] = [];

  readObject(stream: ObjectInputStream): void {
    stream.defaultReadObject();
    this.visits = stream.readInt();
    this.notes = stream.readObject() as string[];
  }
}

class Address {
  street = '';
  number = 0;
  extra = new Map<string, string>();
}

class Preferences {
  language = '';
  size = 0;
  nested: unknown = null;

  readExternal(stream: ObjectInputStream): void {
    this.size = stream.readInt();
    this.language = stream.readUTF();
    this.nested = stream.readObject();
  }
}

class Ring {
  index = -1;
  all: Ring[] = [];
  next: Ring | null = null;
  previous: Ring | null = null;
}

const classes = new JavaClasses()
  .register(Person, 'tribes.interop.model.Person', 1n)
  .register(Customer, 'tribes.interop.model.Customer', 42n)
  .register(Address, 'tribes.interop.model.Address')
  .register(Preferences, 'tribes.interop.model.Preferences', 7n)
  .register(Ring, 'tribes.interop.model.Ring', 3n);

const reading: Scenario = {
  name: 'library/classes',
  about:
    'objects of the application as objects of registered classes, and values of every sort written by the library',
  core: true,
  aboutTheNode: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const tomcats = await twoTomcats(stage);
    const [one, two] = tomcats;
    const visitor = new Visitor(APP);
    const { id } = await stage.step('objects of the application', async () => {
      await visitor.act(one, 'set', { name: 'customer', type: 'custom-class', seed: 5 });
      await visitor.act(one, 'set', { name: 'preferences', type: 'externalizable', seed: 6 });
      return visitor.act(two, 'set', { name: 'ring', type: 'cyclic-graph', seed: 3 });
    });
    const { group, address } = ownPlace(stage);
    const mirror = await stage.step('a program joins', () =>
      Mirror.join(
        {
          membership: { address: group.address, port: group.port, bind: address },
          receiver: { address, port: 0 },
          store: { type: 'memory' },
          write: { enabled: true },
        },
        { classes },
      ),
    );
    try {
      await mirror.synchronised();
      await stage.step('it has them as objects of its classes', () => {
        readsObjects(sessionOf(mirror, id));
        return Promise.resolve();
      });
      await stage.step('every Tomcat has what it writes, with the Java classes', async () => {
        complete(await writesValues(sessionOf(mirror, id)));
        await holds(tomcats, id, WRITTEN);
      });
      await stage.step('a session that it creates, renames and ends', () => livesAndEnds(mirror, tomcats));
      await stage.step('the application goes on with the session', async () => {
        const { id: same, names } = await visitor.act(two, 'remove', { name: 'list' });
        if (same !== id || names?.includes('list') !== false) {
          throw new Error(`session ${same} instead of ${id}, with ${names?.join() ?? 'nothing'}`);
        }
        await eventually('the program knows', 10_000, () => !sessionOf(mirror, id).has('list') || undefined);
      });
    } finally {
      await stage.step('the program leaves', () => mirror.leave());
    }
    await stage.logsAreClean();
  },
};

async function twoTomcats(stage: Stage): Promise<readonly [Tomcat, Tomcat]> {
  return [
    await stage.tomcat({ version: '9', channelSendOptions: 6 }),
    await stage.tomcat({ version: '10.1', channelSendOptions: 6 }),
  ];
}

function ownPlace({ cluster }: Stage): NonNullable<typeof cluster.place.own> {
  const { own } = cluster.place;
  if (own === undefined) {
    throw new Error('this process cannot be a member here');
  }
  return own;
}

function sessionOf(mirror: Mirror, id: string): Session {
  const session = mirror.session(id, CONTEXT);
  if (session === undefined) {
    throw new Error('the session is not there');
  }
  return session;
}

function readsObjects(session: Session): void {
  const customer = session.get('customer', Customer);
  const [home] = customer?.addresses ?? [];
  same(
    'customer',
    [customer?.name, customer?.number, customer?.visits, customer?.notes.length],
    ['Ann 5', 9_000_000_000_000_000_005n, 3, 2],
  );
  same('address', home instanceof Address && home.extra instanceof Map, true);
  const preferences = session.get('preferences', Preferences);
  same('preferences', [preferences?.language, preferences?.size, preferences?.nested], ['de', 6, ['n', 6]]);
  const ring = session.get('ring', Ring);
  same(
    'ring',
    [ring?.index, ring?.all.length, ring?.next?.previous === ring, ring?.all[0] === ring],
    [0, 5, true, true],
  );
}

/** What `writesValues` writes, as the Tomcats shall have it: class and view. */
const WRITTEN = {
  text: ['java.lang.String', 'naïve \u{1f600} \0'],
  yes: ['java.lang.Boolean', true],
  int: ['java.lang.Integer', -1],
  wide: ['java.lang.Long', 2 ** 40],
  half: ['java.lang.Double', 0.5],
  big: ['java.math.BigInteger', '-123456789012345678901234567890'],
  date: ['java.util.Date', '2024-02-29T12:00:00Z'],
  bytes: ['[B', 'AQL/'],
  list: ['java.util.ArrayList', [1, null, 'x']],
  map: ['java.util.LinkedHashMap', { a: 1, b: [] }],
  set: ['java.util.LinkedHashSet', ['p', 'q']],
  byte: ['java.lang.Byte', -7],
  short: ['java.lang.Short', 300],
  char: ['java.lang.Character', 'ß'],
  float: ['java.lang.Float', 1.5],
  decimal: ['java.math.BigDecimal', '19.90'],
  uuid: ['java.util.UUID', '01234567-89ab-4cde-8f01-23456789abcd'],
  ints: ['[I', [1, -1]],
} as const satisfies Expected;

function writesValues(session: Session): Promise<WriteResult> {
  return session.change((changes) =>
    changes
      .set('text', 'naïve \u{1f600} \0')
      .set('yes', true)
      .set('int', -1)
      .set('wide', 2 ** 40)
      .set('half', 0.5)
      .set('big', -123456789012345678901234567890n)
      .set('date', new Date('2024-02-29T12:00:00Z'))
      .set('bytes', Buffer.from([1, 2, 255]))
      .set('list', [1, null, 'x'])
      .set('map', { a: 1, b: [] })
      .set('set', new Set(['p', 'q']))
      .set('byte', java.byte(-7))
      .set('short', java.short(300))
      .set('char', java.char('ß'))
      .set('float', java.float(1.5))
      .set('decimal', java.bigDecimal('19.90'))
      .set('uuid', java.uuid('01234567-89ab-4cde-8f01-23456789abcd'))
      .set('ints', java.array('int', [1, -1])),
  );
}

async function livesAndEnds(mirror: Mirror, tomcats: readonly Tomcat[]): Promise<void> {
  const created = complete(
    await mirror.context(CONTEXT).create({ attributes: { a: 1 }, maxInactiveInterval: 77 }),
  );
  await holds(tomcats, created?.id ?? '', { a: ['java.lang.Integer', 1] }, 77);
  const renamed = created && complete(await created.changeId());
  await holds(tomcats, renamed?.id ?? '', { a: ['java.lang.Integer', 1] }, 77);
  await absent(tomcats, created?.id ?? '');
  const ended = renamed && (await renamed.expire());
  same('acknowledged', ended?.acknowledged.length, tomcats.length);
  await absent(tomcats, renamed?.id ?? '');
}

/** The session that was written; every other member must have acknowledged it. */
function complete({ session, complete: all, acknowledged, unacknowledged }: WriteResult): Session | null {
  same(
    'unacknowledged',
    unacknowledged.map(({ reason }) => reason),
    [],
  );
  same('complete', [all, acknowledged.length], [true, 2]);
  return session;
}

type Expected = Readonly<Record<string, readonly [className: string, value: unknown]>>;

/** Waits until every Tomcat has these attributes. */
async function holds(
  tomcats: readonly Tomcat[],
  id: string,
  expected: Expected,
  maxInactiveInterval?: number,
): Promise<void> {
  for (const tomcat of tomcats) {
    await eventually(`${tomcat.name} has what was written`, 10_000, async () => {
      const session = await dumped(tomcat, id);
      for (const [name, [className, value]] of Object.entries(expected)) {
        const attribute = session?.attributes[name];
        same(`${tomcat.name}: ${name}`, [attribute?.class, attribute?.value], [className, value]);
      }
      same(
        'maxInactiveInterval',
        maxInactiveInterval ?? session?.maxInactiveInterval,
        session?.maxInactiveInterval,
      );
      return true;
    });
  }
}

async function absent(tomcats: readonly Tomcat[], id: string): Promise<void> {
  for (const tomcat of tomcats) {
    await eventually(`${tomcat.name} has it no more`, 10_000, async () =>
      (await dumped(tomcat, id)) === undefined ? true : undefined,
    );
  }
}

async function dumped(tomcat: Tomcat, id: string): Promise<DumpedSession | undefined> {
  return (await tomcat.dump(APP)).sessions.find((session) => session.id === id);
}

function same(what: string, actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) {
    const text = (value: unknown): string =>
      JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner));
    throw new Error(`${what}: ${text(actual)} instead of ${text(expected)}`);
  }
}

export const libraries: readonly Scenario[] = [reading, program];
