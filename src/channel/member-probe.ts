import { connect, isIP, type Socket } from 'node:net';
import { messageOf, type Clock, type Timer } from '../base/index.js';
import type { Member } from '../membership/index.js';

/** What a connection to a member has shown. */
export type ProbeAnswer =
  | { readonly alive: true }
  /** `expected`: refused, no route or too slow, as when a node is gone; anything else is worth a line in the log. */
  | { readonly alive: false; readonly expected: boolean; readonly why: string };

/** Asks a member whether it is there. Never rejects; `signal` ends it early, with any answer. */
export type MemberProbe = (member: Member, signal: AbortSignal) => Promise<ProbeAnswer>;

export interface TcpProbeSettings {
  /** Milliseconds for the connection to come about. */
  readonly connectTimeout: number;
  /** Milliseconds for the first byte of an answer; null: no answer is waited for. */
  readonly readTestTimeout: number | null;
  /** What to write, null for nothing. Called for each probe. */
  readonly frame: (() => Buffer) | null;
}

/** What a member that is gone answers with: SocketTimeoutException, ConnectException, NoRouteToHostException. */
const EXPECTED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ETIMEDOUT']);

/**
 * Connects, writes one frame, reads if asked to, and closes (TcpFailureDetector.memberAlive). Each probe has a
 * connection of its own.
 */
export function tcpProbe(clock: Clock, settings: TcpProbeSettings): MemberProbe {
  return (member, signal) =>
    new Promise((resolve) => {
      if (signal.aborted || !isReachable(member)) {
        resolve(signal.aborted ? STOPPED : UNREACHABLE);
        return;
      }
      const socket = connect({ host: member.host, port: member.port, noDelay: true });
      const answer = (found: ProbeAnswer): void => {
        timer.cancel();
        signal.removeEventListener('abort', stop);
        close(socket, found.alive);
        resolve(found);
      };
      const limit = (ms: number, step: string): Timer =>
        clock.after(ms, () =>
          answer({ alive: false, expected: true, why: `${step} timed out after ${ms} ms` }),
        );
      const stop = (): void => answer(STOPPED);
      let timer = limit(settings.connectTimeout, 'connect');
      signal.addEventListener('abort', stop);
      socket.once('error', (error: NodeJS.ErrnoException) => answer(failed(error)));
      socket.once('connect', () => {
        timer.cancel();
        if (settings.frame === null) {
          answer({ alive: true });
        } else if (settings.readTestTimeout === null) {
          timer = limit(settings.connectTimeout, 'write');
          socket.write(settings.frame(), (error) => answer(error ? failed(error) : { alive: true }));
        } else {
          timer = limit(settings.readTestTimeout, 'read');
          socket.once('data', () => answer({ alive: true }));
          socket.once('end', () =>
            answer({ alive: false, expected: false, why: 'closed without an answer' }),
          );
          socket.write(settings.frame());
        }
      });
    });
}

const STOPPED: ProbeAnswer = { alive: false, expected: true, why: 'the node is stopping' };

const UNREACHABLE: ProbeAnswer = {
  alive: false,
  expected: false,
  why: 'it announces no IP address with a port',
};

/** Host bytes may be of any length, and their text must not be looked up as a name; a port may be any int32. */
function isReachable({ host, port }: Member): boolean {
  return isIP(host) !== 0 && port >= 1 && port <= 65_535;
}

function failed(error: NodeJS.ErrnoException): ProbeAnswer {
  return { alive: false, expected: EXPECTED.has(error.code ?? ''), why: messageOf(error) };
}

/** A FIN right behind the frame where all went well, so that the frame is read; a reset otherwise. */
function close(socket: Socket, orderly: boolean): void {
  // The answer is given: a late error concerns nobody.
  socket.removeAllListeners().on('error', () => undefined);
  if (orderly) {
    socket.destroySoon();
  } else {
    socket.destroy();
  }
}
