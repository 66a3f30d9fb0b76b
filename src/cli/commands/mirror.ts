import { dirname, join, resolve } from 'node:path';
import { loadOrCreateToken, startApi, type Api } from '../../api/index.js';
import { TribesError, systemClock, version, type Logger } from '../../base/index.js';
import type { Settings } from '../../config/index.js';
import {
  javaLimits,
  membershipAdvice,
  membershipPlace,
  startNode,
  viewLimits,
  type NodeView,
} from '../../node/index.js';
import { usageError } from '../arguments.js';
import { ExitCode, type Command, type Terminal } from '../command.js';
import { daemonLog } from '../daemon-log.js';
import { giveHeapRoom } from '../heap-room.js';
import { printable } from '../terminal-text.js';
import { wait } from '../wait.js';

/** From the signal to the end of the process, whatever happens; the promise is 5 s. */
const STOP_MS = 4_500;

export const mirrorCommand: Command = {
  name: 'mirror',
  usage: 'mirror',
  summary: 'joins the cluster and mirrors its sessions, until it is interrupted',
  details: [
    'Announces itself, fetches every session of every web application, follows what happens to them, and answers',
    'questions over HTTP. Prints one line when it is up: where it listens, and an address to open in a browser.',
    'The log goes to the standard error, one JSON line a fact.',
    '',
    'SIGTERM or SIGINT announces the leave, writes what is to be written, and ends within 5 seconds.',
  ].join('\n'),
  switches: [],
  options: [],
  async run({ settings, words, terminal }) {
    if (words.length > 0) {
      throw usageError(`"${words.join(' ')}" is not understood`, this);
    }
    const logger = daemonLog(settings.log);
    giveHeapRoom();
    const { interrupted } = terminal;
    interrupted.addEventListener('abort', () => endInTime(terminal, logger));
    let api: Api | undefined;
    try {
      const node = await startNode(settings, {
        clock: systemClock,
        logger,
        signal: interrupted,
        startFace: async (view) => (api = await openApi(view, settings, logger)),
      });
      terminal.out(startLine(node, settings, api));
      await wait(Infinity, interrupted);
      await node.stop();
    } catch (error) {
      if (!interrupted.aborted) {
        throw error;
      }
      if (error === interrupted.reason) {
        return ExitCode.OK; // interrupted while starting: everything that had begun is ended
      }
      logger.error({ err: error }, 'the node did not stop cleanly');
      return ExitCode.FAILED;
    }
    return ExitCode.OK;
  },
};

/** The timer does not keep the process alive, but ends it when something else does. */
function endInTime(terminal: Terminal, logger: Logger): void {
  systemClock.after(STOP_MS, () => {
    logger.error({}, 'the node did not stop in time');
    terminal.exit(ExitCode.FAILED);
  });
}

async function openApi(node: NodeView, settings: Settings, logger: Logger): Promise<Api> {
  const { http, write, data } = settings;
  const token = http.insecure ? null : tokenOf(http.tokenFile ?? join(data, 'token'), logger);
  const writeToken = write.enabled ? tokenOf(write.tokenFile ?? join(data, 'write-token'), logger) : null;
  if (token !== null && token === writeToken) {
    throw new TribesError('TRIBES_E_API_SAME_TOKEN', { path: write.tokenFile ?? join(data, 'write-token') });
  }
  const limits = { java: javaLimits(settings), view: viewLimits(settings) };
  const options = {
    ...http,
    token,
    writeToken,
    writeLimits: write,
    import: write.import,
    limits,
  };
  return await startApi(node, options, { clock: systemClock, logger });
}

/** The token of a file, which is made where there is none; warns of files that others can read or replace. */
function tokenOf(path: string, logger: Logger): string {
  const { token, shared, replaceable } = loadOrCreateToken(path);
  if (shared) {
    logger.warn({ path }, 'other users of this host can read the access token');
  }
  if (replaceable) {
    const directory = dirname(resolve(path));
    logger.warn(
      { directory, remedy: `chmod 700 ${directory}` },
      'other users of this host can write the directory of the access token, and so put another in its place',
    );
  }
  return token;
}

/** One line for people: who the node is, whom it hears, where it writes, where it is to be seen. */
function startLine({ channel }: NodeView, settings: Settings, api: Api | undefined): string {
  const { length } = channel.members();
  const heard =
    length === 0 ? 'nobody else is heard yet' : `${length} other member${length === 1 ? '' : 's'}`;
  const parts = [
    `tribes ${version()}: ${channel.local.name} in ${membershipPlace(settings)}: ${heard}`,
    settings.store.type === 'memory' ? 'sessions in memory only' : `sessions in ${resolve(settings.data)}`,
    `open ${api?.url ?? ''}`,
    ...(length === 0 ? [`to hear others, ${membershipAdvice(settings)}`] : []),
  ];
  return `${printable(parts.join('; '))}\n`;
}
