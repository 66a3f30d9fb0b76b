import type { Runtime } from './runtime.js';
import type { Ending } from './supervised-process.js';
import { eventually } from './wait.js';

/** Who a member of the cluster is, and where. */
export interface MemberIdentity {
  /** "tomcat1" */
  readonly name: string;
  /** Where its HTTP interface is reached: "http://127.0.0.1:8080". */
  readonly url: string;
  /** The TCP port that the other members know it by. */
  readonly receiverPort: number;
}

/** A real Tomcat or a node of ours: something that is started, frozen, killed, and started again at the same address. */
export abstract class ClusterMember {
  readonly name: string;
  readonly url: string;
  readonly receiverPort: number;
  readonly #runtime: Runtime;

  constructor(identity: MemberIdentity, runtime: Runtime) {
    this.name = identity.name;
    this.url = identity.url;
    this.receiverPort = identity.receiverPort;
    this.#runtime = runtime;
  }

  /** The address that the other members know it by. */
  get address(): string {
    return this.#runtime.address;
  }

  get running(): boolean {
    return this.#runtime.running;
  }

  /** Of a process of this machine, while it runs. */
  get pid(): number | undefined {
    return this.#runtime.pid;
  }

  /** Starts it and waits until it is ready, at most `within` milliseconds. */
  async start(within = 90_000): Promise<void> {
    await this.#runtime.launch();
    await this.ready(within);
  }

  /** Waits until it is ready, at most `within` milliseconds, after a start that did not wait. */
  async ready(within = 90_000): Promise<void> {
    const where = `its log is ${this.#runtime.logPlace}`;
    const ended = await eventually(`${this.name} is ready; ${where}`, within, async () => {
      const ending = this.#runtime.ending;
      return ending ?? (await this.checkReady(), 'ready');
    });
    if (ended !== 'ready') {
      throw new Error(`${this.name} ended while starting (${JSON.stringify(ended)}); ${where}`);
    }
  }

  /** Starts it and does not wait. */
  protected launchOnly(): Promise<void> {
    return this.#runtime.launch();
  }

  /** A clean stop by SIGTERM. Answers how it ended, if it was running. */
  stop(within = 30_000): Promise<Ending | undefined> {
    return this.#runtime.terminate(within);
  }

  kill(): Promise<void> {
    return this.#runtime.kill();
  }

  pause(): Promise<void> {
    return this.#runtime.pause();
  }

  resume(): Promise<void> {
    return this.#runtime.resume();
  }

  logText(): string {
    return this.#runtime.log();
  }

  /** @throws what tells why it is not ready yet */
  protected abstract checkReady(): Promise<void>;
}
