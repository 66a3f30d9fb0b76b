import { setTimeout as sleep } from 'node:timers/promises';
import { APP, type Link, type MirrorNode, type Tomcat, type Visitor } from '../kit/index.js';
import { BACKUP, ownedOnce, SETTLED_MILLISECONDS } from './backup-sessions.js';
import { CUT_OFF, MAP_UNDER_LOAD, sendFailures } from './expected-lines.js';
import { knows } from './places.js';
import { each, populate } from './population.js';
import type { Scenario } from './scenario.js';
import { listed, type Stage } from './stage.js';

/** Longer than dropTime and the failure detector's probes. */
const CUT_MILLISECONDS = 8_000;

/**
 * Only the node and one Tomcat lose sight of each other; the Tomcats see each other all the time. Each session is used at one of
 * them only. Two Java maps that were cut off from each other keep two primaries of an entry for ever; the node does not, so one
 * is asked for here of every entry.
 */
const partition: Scenario = {
  name: 'hosts/backup-partition',
  about:
    'two Tomcats with BackupManagers and the node; node and one Tomcat are cut off from each other while sessions change and are made, and find each other again: no change is lost, each session has one primary',
  core: false,
  network: 'hosts',
  aboutTheNode: true,
  versions: ['10.1'],
  async run(stage) {
    const node = await stage.node();
    const one = await stage.tomcat({ version: '10.1', ...BACKUP });
    const two = await stage.tomcat({ version: '10.1', ...BACKUP });
    const ledger = new Counted([one, two]);
    await stage.step('40 sessions', () => ledger.make(40));
    await stage.step('each has one primary', () => ownedOnce([one, two], node, ledger.ids));
    stage.expectInLogs(sendFailures(one), sendFailures(node), MAP_UNDER_LOAD, CUT_OFF);
    const links = [linkOf(stage, one), linkOf(stage, node)];
    await stage.step(`${one.name} and ${node.name} are cut off from each other`, async () => {
      links.forEach((link) => link.isolate());
      await ledger.count();
      await sleep(CUT_MILLISECONDS);
    });
    await stage.step('the node takes it for gone', () => knows(node, [two]));
    await stage.step('sessions change, and 10 are made', async () => {
      await ledger.count();
      await ledger.make(10);
      await ledger.count();
    });
    await stage.step('they see each other again', async () => {
      links.forEach((link) => link.mend());
      return knows(node, [one, two]);
    });
    await stage.step('each has one primary', async () => {
      await sleep(SETTLED_MILLISECONDS);
      return ownedOnce([one, two], node, ledger.ids);
    });
    await stage.step('no change is lost', () => ledger.isKept());
    await stage.step('they go on, each at the other Tomcat', async () => {
      ledger.swap();
      await ledger.count();
      await ledger.isKept();
      return ownedOnce([one, two], node, ledger.ids);
    });
    await stage.logsAreClean();
  },
};

/** Sessions that count their visits, each at one of two Tomcats. */
class Counted {
  readonly #tomcats: Tomcat[];
  readonly #visitors: Visitor[] = [];
  /** How often each was counted on. */
  readonly #expected = new Map<Visitor, number>();

  constructor(tomcats: readonly [Tomcat, Tomcat]) {
    this.#tomcats = [...tomcats];
  }

  get ids(): string[] {
    return this.#visitors.map(idOf);
  }

  async make(count: number): Promise<void> {
    this.#visitors.push(...(await populate(this.#tomcats, { count, attributes: 2 })));
  }

  async count(): Promise<void> {
    await each(this.#visitors, this.#tomcats, async (visitor, tomcat) => {
      await visitor.act(tomcat, 'count');
      this.#expected.set(visitor, (this.#expected.get(visitor) ?? 0) + 1);
    });
  }

  /** From now on each is visited at the other Tomcat. */
  swap(): void {
    this.#tomcats.reverse();
  }

  /** @throws Error when the primary of one has not counted all visits */
  async isKept(): Promise<string> {
    const dumps = await Promise.all(this.#tomcats.map((tomcat) => tomcat.dump(APP)));
    const sessions = dumps.flatMap((dump) => dump.sessions).filter(({ map }) => map?.role === 'primary');
    const found = new Map(sessions.map(({ id, attributes }) => [id, attributes['count']?.value]));
    const faults = this.#visitors.flatMap((visitor) => {
      const [id, expected] = [idOf(visitor), this.#expected.get(visitor)];
      return found.get(id) === expected ? [] : [`${id}: ${String(found.get(id))} and not ${expected}`];
    });
    if (faults.length > 0) {
      throw new Error(listed('sessions have lost changes', faults));
    }
    return `${this.#visitors.length} sessions`;
  }
}

function idOf({ browser }: Visitor): string {
  return browser.cookie('JSESSIONID', APP.path) ?? 'none';
}

function linkOf(stage: Stage, member: Tomcat | MirrorNode): Link {
  const link = stage.cluster.place.link(member);
  if (link === undefined) {
    throw new Error(`${member.name} has no link of its own`);
  }
  return link;
}

export const backupPartitions: readonly Scenario[] = [partition];
