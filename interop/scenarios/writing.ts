import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { APP, Visitor, type DumpedSession, type Tomcat } from '../kit/index.js';
import { entrySamples, typedSamples } from '../../test/java/kit/typed-samples.js';
import { ANSWERED_TOO_LATE, sendFailures } from './expected-lines.js';
import { NodeWriter, TYPED } from './node-writer.js';
import type { Scenario } from './scenario.js';

const CONTEXT = 'localhost#/app';

/** The threads of a process stop one after the other, as they come to run. */
const PAUSE_MILLISECONDS = 1_000;

/** The session as each Tomcat has it. @throws Error where one does not have it */
async function everywhere(tomcats: readonly Tomcat[], id: string): Promise<readonly DumpedSession[]> {
  return Promise.all(
    tomcats.map(async (tomcat) => {
      const { sessions } = await tomcat.dump(APP);
      const found = sessions.find((session) => session.id === id);
      if (found === undefined) {
        throw new Error(`${tomcat.name} does not have the session`);
      }
      return found;
    }),
  );
}

function expectSame(what: string, found: unknown, expected: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
  }
}

const writing: Scenario = {
  name: 'writing/http',
  about: 'sessions are created, changed, given new ids and ended over HTTP, and the Tomcats go along',
  core: true,
  aboutTheNode: true,
  versions: ['10.1', '9'],
  async run(stage) {
    const directory = mkdtempSync(join(tmpdir(), 'tribes-writing-'));
    try {
      const tokenFile = join(directory, 'write-token');
      const plan = { channelSendOptions: 6 } as const;
      const one = await stage.tomcat({ version: '10.1', ...plan });
      const node = await stage.node(['--write.enabled', 'true', '--write.tokenFile', tokenFile]);
      const two = await stage.tomcat({ version: '9', ...plan });
      const tomcats = [one, two];
      const writer = new NodeWriter(node, { tokenFile, context: CONTEXT });
      const user = new Visitor(APP);
      const { id } = await stage.agreeAfter('a session', () => user.act(one, 'count'));
      const attribute = (name: string): string => `/${id}/attributes/${encodeURIComponent(name)}`;

      const samples = [...typedSamples, ...entrySamples];
      await stage.agreeAfter(`${samples.length} attributes, of every class that may be written`, async () => {
        for (const [place, [className, value]] of samples.entries()) {
          const path = attribute(`typed ${place}`);
          const written = await writer.write(
            'PUT',
            path,
            { class: className, value },
            { 'content-type': TYPED },
          );
          expectSame(`status of ${className}`, written.status, 201);
          expectSame('members that did not acknowledge', written.body.unacknowledged, []);
          expectSame('members that acknowledged', written.body.acknowledged.length, tomcats.length);
        }
      });
      await stage.step('each of its class in each Tomcat', async () => {
        for (const { attributes } of await everywhere(tomcats, id)) {
          for (const [place, [className]] of samples.entries()) {
            const found = attributes[`typed ${place}`]?.class.replace('RandomAccess', '');
            expectSame(`class of ${className}`, found, className);
          }
        }
      });
      await stage.streamsAreReadable(node, one);
      await stage.agreeAfter('plain JSON that names the class of a value', async () => {
        const list = {
          class: 'java.util.LinkedList',
          value: ['a', { class: 'java.lang.Short', value: '2' }],
        };
        await writer.write('PUT', attribute('long'), { class: 'java.lang.Long', value: '5' });
        await writer.write('PATCH', `/${id}`, {
          set: { list, plain: [{ class: 'java.lang.Long', value: '5' }] },
        });
        for (const { attributes } of await everywhere(tomcats, id)) {
          expectSame('class of long', attributes['long']?.class, 'java.lang.Long');
          expectSame('class of list', attributes['list']?.class, 'java.util.LinkedList');
          expectSame('class of plain', attributes['plain']?.class, 'java.util.ArrayList');
        }
      });
      await stage.agreeAfter('JSON as it is, a Java stream, and changes in one delta', async () => {
        const cart = { class: 'no class', value: [1, 2.5, { deep: null }], ключ: '値' };
        await writer.write('PUT', attribute('json'), cart);
        const stream = Buffer.from('aced00057400057261772021', 'hex');
        await writer.write('PUT', attribute('raw'), new Uint8Array(stream), {
          'content-type': 'application/x-java-serialized-object',
        });
        await writer.write('PATCH', `/${id}`, {
          set: { a: 1, b: 'x' },
          remove: ['typed 0'],
          maxInactiveInterval: 777,
        });
        await writer.write('DELETE', attribute('typed 1'));
        for (const session of await everywhere(tomcats, id)) {
          expectSame('maxInactiveInterval', session.maxInactiveInterval, 777);
          expectSame('json', session.attributes['json']?.class, 'java.util.LinkedHashMap');
          expectSame('raw', session.attributes['raw']?.value, 'raw !');
          expectSame('b', session.attributes['b']?.value, 'x');
          expectSame(
            'removed',
            [session.attributes['typed 0'], session.attributes['typed 1']],
            [undefined, undefined],
          );
        }
      });
      const moved = await stage.agreeAfter('the user goes on, and moves to the other Tomcat', async () => {
        expectSame('session', (await user.act(one, 'count')).id, id);
        return user.act(two, 'count');
      });
      await stage.agreeAfter('new sessions', async () => {
        for (let number = 0; number < 5; number++) {
          const made = await writer.write('POST', '', {
            attributes: { number },
            maxInactiveInterval: 300 + number,
          });
          expectSame('status', made.status, 201);
          for (const session of await everywhere(tomcats, made.body.id)) {
            expectSame('idle limit', session.maxInactiveInterval, 300 + number);
            expectSame('attribute', session.attributes['number']?.value, number);
          }
        }
      });
      const { body: renamed } = await stage.agreeAfter('a new id', () =>
        writer.write('POST', `/${moved.id}/change-id`),
      );
      await stage.agreeAfter('changes under the new id', async () => {
        await writer.write('PUT', `/${renamed.id}/attributes/after`, true);
        await everywhere(tomcats, renamed.id);
      });
      await stage.step(`${two.name} is paused: the answer is 207 and names it`, async () => {
        stage.expectInLogs(sendFailures(two), ANSWERED_TOO_LATE);
        await two.pause();
        await sleep(PAUSE_MILLISECONDS);
        const start = performance.now();
        const { status, body } = await writer.write('PUT', `/${renamed.id}/attributes/paused`, 'meanwhile');
        await two.resume();
        expectSame('status', status, 207);
        expectSame('acknowledged', body.acknowledged.length, 1);
        expectSame('unacknowledged', body.unacknowledged.length, 1);
        expectSame('member', body.unacknowledged[0]?.member, `tcp://${two.address}:${two.receiverPort}`);
        return `after ${Math.round(performance.now() - start)} ms`;
      });
      await stage.agreeAfter('it takes what it had been sent', () =>
        writer.write('PUT', `/${renamed.id}/attributes/resumed`, 1),
      );
      await stage.agreeAfter('the session ends', async () => {
        await writer.write('DELETE', `/${renamed.id}`);
        for (const tomcat of tomcats) {
          const { sessions } = await tomcat.dump(APP);
          expectSame('sessions left', sessions.length, 5);
        }
      });
      await stage.logsAreClean();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

export const writings: readonly Scenario[] = [writing];
