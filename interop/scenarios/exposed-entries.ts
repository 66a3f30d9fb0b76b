import { setTimeout as sleep } from 'node:timers/promises';
import { JavaMembers, OurMember, type HistoryMember, type JavaMember } from '../histories/index.js';
import { bounded, eventually, findTomcat, type TomcatVersion } from '../kit/index.js';
import type { Scenario } from './scenario.js';

/** Until a member has done what it was told of another one, milliseconds. */
const NOTICED = 500;
/** More than a tenth of the two seconds for which a primary is left alone, and of the second after which it is asked once more. */
const SHELTERED = 1_000;
const WITHIN = 15_000;
const MOST_ENTRIES = 10;
const OTHER_ENTRIES = 4;

/**
 * A Tomcat chooses the backup of a new entry before the entry is in its map: a backup that goes in between is replaced by nobody.
 */
function exposedEntry(version: TomcatVersion): Scenario {
  return {
    name: `library/map-exposed-${version}`,
    about: `the backup of a new entry goes before Tomcat ${version} has the entry in its map, and then the Tomcat: among Java members the entry is lost, and with us it is not`,
    core: version === '10.1',
    aboutTheNode: true,
    versions: [version],
    async run(stage) {
      const java = await JavaMembers.start(findTomcat(version));
      try {
        const lost = await stage.step('Java members alone', () =>
          story('a', java, () => java.open({ name: 'a3', seed: 3 })),
        );
        if (lost !== null) {
          throw new Error(`nothing is lost without us: ${lost}`);
        }
        const kept = await stage.step('with one of ours', () =>
          story('b', java, () => OurMember.open({ name: 'b3', seed: 3 })),
        );
        if (kept !== 'third') {
          throw new Error(`with us there is ${kept ?? 'nothing'} instead of what was written last`);
        }
      } finally {
        await java.kill();
      }
    },
  };
}

/** What the third member has in the end. */
async function story(
  name: string,
  java: JavaMembers,
  openThird: () => Promise<HistoryMember>,
): Promise<string | null> {
  const primary = await java.open({ name: `${name}1`, seed: 1 });
  const backup = await java.open({ name: `${name}2`, seed: 2 });
  const third = await openThird();
  const members = [primary, backup, third];
  const alive = new Set<HistoryMember>(members);
  const crash = async (member: HistoryMember): Promise<void> => {
    if (alive.delete(member)) {
      await member.crash();
    }
  };
  try {
    for (const member of members) {
      const others = members.filter((other) => other !== member);
      await Promise.all(others.map(({ identity }) => member.come(identity)));
    }
    for (const member of members) {
      await bounded('it joins', WITHIN, member.join());
    }
    await sleep(NOTICED);
    // That others are moved away from their backup shows that the primary has noticed that it is gone.
    for (let i = 0; i < OTHER_ENTRIES; i++) {
      await primary.put(`other${i}`, 'first');
    }
    const { key, published } = await putHeld(primary, backup, third);
    await Promise.all([primary, third].map((member) => member.cut(backup.identity)));
    await Promise.all([primary, third].map((member) => member.go(backup.identity)));
    await crash(backup);
    await sleep(NOTICED);
    await primary.release();
    await published;
    await primary.change(key, 'second');
    await sleep(SHELTERED);
    await primary.change(key, 'third');
    await third.cut(primary.identity);
    await third.go(primary.identity);
    await crash(primary);
    await sleep(NOTICED);
    const held = (await third.dump()).find((entry) => entry.key === key);
    return held?.role === 'primary' ? held.text : null;
  } finally {
    await Promise.all(members.map(crash));
  }
}

/** The primary puts an entry whose backup has it, and waits with the rest. */
async function putHeld(
  primary: JavaMember,
  backup: HistoryMember,
  third: HistoryMember,
): Promise<{ readonly key: string; readonly published: Promise<unknown> }> {
  for (let i = 0; i < MOST_ENTRIES; i++) {
    const key = `key${i}`;
    await primary.hold();
    const published = primary.put(key, 'first');
    const held = await eventually('the entry is published', WITHIN, async () =>
      (await third.dump()).find((entry) => entry.key === key),
    );
    if (held.backups.includes(backup.identity.port)) {
      return { key, published };
    }
    await primary.release();
    await published;
  }
  throw new Error(`of ${MOST_ENTRIES} entries none has got the second member as its backup`);
}

export const exposedEntries: readonly Scenario[] = [exposedEntry('10.1'), exposedEntry('9')];
