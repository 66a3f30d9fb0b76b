import type { Member } from '../../membership/index.js';
import type { CallToken, IncomingMapMessage } from './map-types.js';

export interface DeferredCall {
  readonly from: Member;
  readonly message: IncomingMapMessage;
  readonly call: CallToken;
}

/** How long an asker may be kept waiting while we join: a Tomcat waits for `rpcTimeout`. Milliseconds. */
export const DEFERRED_MS = 10_000;

/** Calls that are answered when we have joined. */
export class DeferredCalls {
  #calls: (DeferredCall & { readonly until: number })[] = [];

  add(call: DeferredCall, now: number): void {
    this.#calls.push({ ...call, until: now + DEFERRED_MS });
  }

  takeAll(): readonly DeferredCall[] {
    return this.#take(() => true);
  }

  takeOf({ key }: Member): readonly DeferredCall[] {
    return this.#take(({ from }) => from.key === key);
  }

  /** Those that have waited for as long as they may. */
  takeOverdue(now: number): readonly DeferredCall[] {
    return this.#take(({ until }) => until <= now);
  }

  #take(isMeant: (call: DeferredCall & { readonly until: number }) => boolean): readonly DeferredCall[] {
    const taken = this.#calls.filter(isMeant);
    if (taken.length > 0) {
      this.#calls = this.#calls.filter((call) => !isMeant(call));
    }
    return taken;
  }
}
