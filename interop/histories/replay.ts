import { setTimeout as sleep } from 'node:timers/promises';
import { randomNumbers } from '../scenarios/chance.js';
import type { History, HistoryStep, Seat, WriteStep } from './history.js';
import type { HeldEntry, HistoryMember, Identity, MemberOptions } from './history-member.js';
import { judge, isFlawless, type Outcome, type Verdict, type Write } from './verdict.js';

/** Until others notice that a member is gone, or cannot be reached, milliseconds. */
const NOTICED_AFTER = { least: 50, most: 150 };

/** For an operation of a member, before the history goes on without its end, milliseconds. */
const PATIENCE = 60;

/** Until everything that has been begun has ended, milliseconds. */
const LAST_OPERATIONS = 8_000;

/** A tenth of what the histories in virtual time have: 16 heartbeats of 5 s; milliseconds. */
const REST = 8_000;
const LOOK_EVERY = 250;
/** Looks without a flaw, one after the other, after which nothing is waited for any more. */
const ENOUGH_LOOKS = 4;

interface Present {
  readonly member: HistoryMember;
  readonly crashed: Promise<void>;
  readonly crash: () => void;
}

/** Makes who takes a seat, with a channel that runs; it does not have the map yet. */
export type OpenMember = (seat: Seat, options: MemberOptions) => Promise<HistoryMember>;

/** Plays a history with some members, and judges what they have in the end. */
export class Replay {
  readonly #history: History;
  readonly #open: OpenMember;
  readonly #name: string;
  readonly #random: () => number;
  readonly #present = new Map<Seat, Present>();
  readonly #identities = new Map<Seat, Identity>();
  readonly #cut = new Set<string>();
  readonly #writes: Write[] = [];
  readonly #removed = new Set<string>();
  #loss = 0;
  /** What nobody waits for yet. */
  readonly #under: Promise<unknown>[] = [];

  /** @param name of this replay; no two have the same. */
  constructor(history: History, open: OpenMember, name: string) {
    this.#history = history;
    this.#open = open;
    this.#name = name;
    this.#random = randomNumbers(history.seed + 1);
  }

  async run(): Promise<Verdict> {
    try {
      const { members, loss, steps } = this.#history;
      for (let seat = 0; seat < members; seat++) {
        await this.#come(seat);
      }
      this.#loss = loss;
      await this.#all((member) => member.disturb(loss));
      for (const step of steps) {
        await Promise.race([this.#begin(this.#do(step)), sleep(PATIENCE)]);
        await sleep(step.pause);
      }
      return await this.#end();
    } finally {
      this.#present.forEach(({ crash }) => crash());
      await this.#all((member) => member.crash());
    }
  }

  /** Everybody can reach everybody again, and has the time to come to agree. */
  async #end(): Promise<Verdict> {
    await this.#heal();
    this.#loss = 0;
    await this.#all((member) => member.disturb(0));
    await Promise.race([Promise.all(this.#under), sleep(LAST_OPERATIONS)]);
    const deadline = performance.now() + REST;
    for (let flawless = 0; ;) {
      await sleep(LOOK_EVERY);
      const verdict = judge(await this.#outcome());
      flawless = isFlawless(verdict) ? flawless + 1 : 0;
      if (flawless >= ENOUGH_LOOKS || performance.now() > deadline) {
        return verdict;
      }
    }
  }

  async #outcome(): Promise<Outcome> {
    const held = await Promise.all(
      [...this.#present].map(async ([seat, { member }]): Promise<[Seat, readonly HeldEntry[]]> => [
        seat,
        await member.dump(),
      ]),
    );
    return {
      held: new Map(held),
      seatAt: (port) => this.#seatAt(port),
      writes: this.#writes,
      removed: this.#removed,
    };
  }

  async #all(act: (member: HistoryMember) => Promise<void>): Promise<void> {
    await Promise.all([...this.#present.values()].map(({ member }) => act(member)));
  }

  /** A failure is told at the end. */
  #begin(work: Promise<unknown>): Promise<unknown> {
    this.#under.push(work);
    work.catch(() => undefined);
    return work.catch(() => undefined);
  }

  async #do(step: HistoryStep): Promise<void> {
    switch (step.do) {
      case 'put':
      case 'change':
        return this.#write(step);
      case 'remove':
        this.#removed.add(step.key);
        return this.#unlessCrashed(step.seat, (member) => member.remove(step.key));
      case 'crash':
        return this.#crash(step.seat);
      case 'come':
        return this.#come(step.seat);
      case 'cut':
        await Promise.all(step.links.map(([a, b]) => this.#cutLink(a, b)));
        return;
      case 'heal':
        return this.#heal();
      case 'rest':
    }
  }

  async #write({ do: kind, seat, key, text }: WriteStep): Promise<void> {
    const began = performance.now();
    await this.#unlessCrashed(seat, async (member) => {
      const backups = await member[kind](key, text);
      const write = { key, text, began, ended: performance.now() };
      const holders = backups?.flatMap((port) => this.#seatAt(port) ?? []) ?? [];
      this.#writes.push({ ...write, holders: holders.length === 0 ? [] : [seat, ...holders] });
    });
  }

  /** What a member that crashes was doing never ends. */
  async #unlessCrashed(seat: Seat, act: (member: HistoryMember) => Promise<void>): Promise<void> {
    const present = this.#present.get(seat);
    if (present === undefined) {
      return;
    }
    await Promise.race([present.crashed, act(present.member)]);
  }

  /** Of those that had the same port one after the other the last. */
  #seatAt(port: number): Seat | undefined {
    return [...this.#identities].findLast(([, identity]) => identity.port === port)?.[0];
  }

  async #come(seat: Seat): Promise<void> {
    const seed = this.#history.seed * 10 + seat;
    const member = await this.#open(seat, { name: `${this.#name}.${seat}`, seed });
    const others = [...this.#present.values()].map((present) => present.member);
    const { identity } = member;
    let crash = (): void => undefined;
    const crashed = new Promise<void>((resolve) => {
      crash = resolve;
    });
    this.#present.set(seat, { member, crashed, crash });
    this.#identities.set(seat, identity);
    await Promise.all(others.map((other) => other.mend(identity))); // somebody who crashed may have had its port
    await Promise.all(others.flatMap((other) => [other.come(identity), member.come(other.identity)]));
    await member.disturb(this.#loss);
    await this.#unlessCrashed(seat, () => member.join());
  }

  async #crash(seat: Seat): Promise<void> {
    const present = this.#present.get(seat);
    if (present === undefined) {
      return;
    }
    this.#present.delete(seat);
    const { identity } = present.member;
    await this.#all((member) => member.cut(identity));
    present.crash();
    const noticing = [...this.#present.keys()].map((other) => this.#notice(other, seat, () => true));
    await Promise.all([present.member.crash(), ...noticing]);
  }

  async #cutLink(a: Seat, b: Seat): Promise<void> {
    const [one, other] = [this.#present.get(a)?.member, this.#present.get(b)?.member];
    if (one === undefined || other === undefined) {
      return;
    }
    const link = `${Math.min(a, b)} ${Math.max(a, b)}`;
    this.#cut.add(link);
    await Promise.all([one.cut(other.identity), other.cut(one.identity)]);
    const isCut = (): boolean => this.#cut.has(link);
    await Promise.all([this.#notice(a, b, isCut), this.#notice(b, a, isCut)]);
  }

  async #notice(seat: Seat, gone: Seat, isStill: () => boolean): Promise<void> {
    const identity = this.#identities.get(gone);
    const { least, most } = NOTICED_AFTER;
    await sleep(least + this.#random() * (most - least));
    if (isStill() && identity !== undefined) {
      await this.#present.get(seat)?.member.go(identity);
    }
  }

  async #heal(): Promise<void> {
    const links = [...this.#cut].map((link) => link.split(' ').map(Number));
    this.#cut.clear();
    await Promise.all(
      links.map(async ([a = -1, b = -1]) => {
        const [one, other] = [this.#present.get(a)?.member, this.#present.get(b)?.member];
        if (one !== undefined && other !== undefined) {
          await Promise.all([one.mend(other.identity), other.mend(one.identity)]);
          await Promise.all([one.come(other.identity), other.come(one.identity)]);
        }
      }),
    );
  }
}
