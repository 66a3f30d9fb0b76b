import { bounded, type TomcatInstallation } from '../kit/index.js';
import { makeHistory, type History } from './history.js';
import { JavaMembers } from './java-members.js';
import { OurMember } from './our-member.js';
import { Replay, type OpenMember } from './replay.js';
import { FLAWS, verdictOf, verdictText, type Flaw, type FlawedEntry, type Verdict } from './verdict.js';

/** Entries with each flaw, of many histories. */
export type FlawCounts = Record<Flaw, number>;

export interface HistoriesReport {
  readonly javaAlone: FlawCounts;
  readonly withUs: FlawCounts;
  /** Of those with us the ones that concern one of ours: a dispute among Java members is theirs. */
  readonly ofOurs: FlawCounts;
  /** A line for each history that was played more than once, since the first time we were worse than Java alone. */
  readonly repeated: readonly string[];
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
  readonly #ofOurs = noFlaws();
  readonly #worse: string[] = [];
  readonly #repeated: string[] = [];

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
      ofOurs: this.#ofOurs,
      repeated: this.#repeated,
      worse: this.#worse,
      complaints: [...this.#others.complaints]
        .filter(([line]) => !this.#alone.complaints.has(line))
        .map(([line, times]) => `${times} × ${line}`),
    };
  }

  async #compare(seed: number): Promise<void> {
    const history = makeHistory(seed);
    const isOurs = ({ seats }: FlawedEntry): boolean => seats.some((seat) => history.ours.has(seat));
    let worse: readonly Flaw[] = FLAWS;
    const told: string[] = [];
    for (let attempt = 1; attempt <= TRIES && worse.length > 0; attempt++) {
      const [alone, mixed] = await this.#playBoth(history, attempt);
      const ours = verdictOf((flaw) => mixed[flaw].filter(isOurs));
      count(this.#javaAlone, alone);
      count(this.#withUs, mixed);
      count(this.#ofOurs, ours);
      worse = worse.filter((flaw) => ours[flaw].length > alone[flaw].length);
      told.push(`alone ${verdictText(alone)}, with us ${verdictText(mixed)}`);
    }
    const line = `TRIBES_SEED=${seed}, ours ${[...history.ours].join()}: ${told.join('; ')}`;
    if (told.length > 1) {
      this.#repeated.push(line);
    }
    if (worse.length > 0) {
      this.#worse.push(`${worse.join()}, ${line}`);
    }
  }

  #playBoth(history: History, attempt: number): Promise<[Verdict, Verdict]> {
    const { seed, ours } = history;
    const java: OpenMember = (_, options) => this.#alone.open(options);
    const mixed: OpenMember = (seat, options) =>
      ours.has(seat) ? OurMember.open(options) : this.#others.open(options);
    const play = (who: string, open: OpenMember): Promise<Verdict> => {
      const replay = new Replay(history, open, `${seed}-${attempt}`);
      return bounded(`the history ${seed} ${who} ends`, LONGEST, replay.run());
    };
    return Promise.all([play('among Java alone', java), play('with us', mixed)]);
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
