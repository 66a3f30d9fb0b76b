import { bounded, type TomcatInstallation } from '../kit/index.js';
import { makeHistory } from './history.js';
import { JavaMembers } from './java-members.js';
import { OurMember } from './our-member.js';
import { Replay, type OpenMember } from './replay.js';
import { FLAWS, type Flaw, type Verdict } from './verdict.js';

/** Entries with each flaw, of many histories. */
export type FlawCounts = Record<Flaw, number>;

export interface HistoriesReport {
  readonly javaAlone: FlawCounts;
  readonly withUs: FlawCounts;
  /** Histories that were played more than once, since the first time we were worse than Java alone. */
  readonly repeated: number;
  /** A line for each history with which we were worse every time. */
  readonly worse: readonly string[];
  /** What Java logs with us and never alone, and how often. */
  readonly complaints: readonly string[];
}

export interface HistoriesOptions {
  readonly installation: TomcatInstallation;
  readonly seeds: readonly number[];
}

/** Timing is not in the seed: what is bad once may be chance. */
const TRIES = 3;

/** Histories that are played at a time: mostly they wait. */
const AT_A_TIME = 4;

/** Plays each history among Java members alone, and with one of ours in the place of one of them. */
export async function compareHistories({ installation, seeds }: HistoriesOptions): Promise<HistoriesReport> {
  const alone = await JavaMembers.start(installation);
  try {
    const others = await JavaMembers.start(installation);
    try {
      return await new Comparison(alone, others).run(seeds);
    } finally {
      await others.kill();
    }
  } finally {
    await alone.kill();
  }
}

/** For one history, milliseconds. */
const LONGEST = 60_000;

class Comparison {
  readonly #alone: JavaMembers;
  /** Java beside us. */
  readonly #others: JavaMembers;
  readonly #javaAlone = noFlaws();
  readonly #withUs = noFlaws();
  readonly #worse: string[] = [];
  #repeated = 0;

  constructor(alone: JavaMembers, others: JavaMembers) {
    this.#alone = alone;
    this.#others = others;
  }

  async run(seeds: readonly number[]): Promise<HistoriesReport> {
    const left = [...seeds];
    const work = async (): Promise<void> => {
      for (let seed = left.shift(); seed !== undefined; seed = left.shift()) {
        await this.#compare(seed);
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: AT_A_TIME }, work));
    const failed = ended.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') {
      throw failed.reason;
    }
    return {
      javaAlone: this.#javaAlone,
      withUs: this.#withUs,
      repeated: this.#repeated,
      worse: this.#worse,
      complaints: [...this.#others.complaints]
        .filter(([line]) => !this.#alone.complaints.has(line))
        .map(([line, times]) => `${times} × ${line}`),
    };
  }

  async #compare(seed: number): Promise<void> {
    let worse: Flaw[] = [...FLAWS];
    const told: string[] = [];
    for (let attempt = 1; attempt <= TRIES && worse.length > 0; attempt++) {
      this.#repeated += attempt === 2 ? 1 : 0;
      const [java, ours] = await this.#playBoth(seed, attempt);
      count(this.#javaAlone, java);
      count(this.#withUs, ours);
      worse = worse.filter((flaw) => ours[flaw].length > java[flaw].length);
      told.push(`${text(java)} alone, ${text(ours)} with us`);
    }
    if (worse.length > 0) {
      this.#worse.push(`TRIBES_SEED=${seed}: ${worse.join(', ')} (${told.join('; ')})`);
    }
  }

  #playBoth(seed: number, attempt: number): Promise<[Verdict, Verdict]> {
    const history = makeHistory(seed);
    const java: OpenMember = (_, options) => this.#alone.open(options);
    const mixed: OpenMember = (seat, options) =>
      history.ours.has(seat) ? OurMember.open(options) : this.#others.open(options);
    const name = `${seed}-${attempt}`;
    return Promise.all([new Replay(history, java, name).run(), new Replay(history, mixed, name).run()]);
  }
}

function noFlaws(): FlawCounts {
  return { lost: 0, stale: 0, ownerless: 0, disputed: 0, apart: 0 };
}

function count(counts: FlawCounts, verdict: Verdict): void {
  for (const flaw of FLAWS) {
    counts[flaw] += verdict[flaw].length;
  }
}

function text(verdict: Verdict): string {
  const told = FLAWS.filter((flaw) => verdict[flaw].length > 0).map(
    (flaw) => `${flaw} ${verdict[flaw].join(' ')}`,
  );
  return told.length === 0 ? 'nothing' : told.join(', ');
}
