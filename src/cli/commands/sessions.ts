import { abbreviate } from '../abbreviate.js';
import { usageError } from '../arguments.js';
import { ExitCode, type Command, type Invocation, type Terminal } from '../command.js';
import { exportFile } from '../export-file.js';
import { importFile } from '../import-file.js';
import { readEvents } from '../event-reader.js';
import { MirrorClient, RemoteProblem } from '../mirror-client.js';
import { printable, printableJson, table } from '../terminal-text.js';
import { wait } from '../wait.js';
import { writeSession } from '../write-session.js';

/** What the commands need of the answers of docs/http-api.md. */
interface ListedSession {
  readonly id: string;
  readonly context: string;
  readonly creationTime: number;
  readonly lastAccessedTime: number;
  readonly maxInactiveInterval: number;
  readonly attributeNames: readonly string[];
  readonly unconfirmed: boolean;
}

interface ShownSession extends ListedSession {
  readonly isNew: boolean;
  readonly isValid: boolean;
  readonly authType: string | null;
  readonly principal: {
    readonly name: unknown;
    readonly roles: unknown;
    readonly class: string | null;
  } | null;
  readonly attributes: Readonly<
    Record<string, { readonly class: string | null; readonly bytes: number | null; readonly value: unknown }>
  >;
}

const PAGE = 1_000;

/** Pause before a reader whose connection broke comes back. */
const RECONNECT_MS = 1_000;

export const sessionsCommand: Command = {
  name: 'sessions',
  usage: 'sessions ACTION [--context C] [--json]',
  summary: 'asks a running mirror for its sessions, changes them, or moves them from one to another',
  details: [
    'list    every session: id, context, times, attribute names',
    'show ID one session with the values of its attributes, long ones abbreviated (not with --json)',
    'watch   what happens to the sessions, until interrupted; comes back after an interruption',
    'export FILE  all sessions as of one instant into one file (docs/export-format.md)',
    'import FILE  the sessions of such a file, once it is verified: what is new, or younger than what is there',
    'set ID NAME JSON, remove ID NAME: an attribute; create [JSON]: a session of --context; expire ID; change-id ID:',
    '        done in the mirror and at every Tomcat (write.enabled); exit code 1 if one has not acknowledged it',
    '',
    '--context C   only of that context, such as localhost#/app',
    '--route R     list: only those whose ids end in .R (jvmRoute)',
    '--json        list and show: one JSON value; watch: one JSON value a line',
    '--offline     export, import: from or into the data directory (--data), which no mirror may have open',
    '--with-secrets  export: passwords, too (of a running mirror only where http.exportSecrets is on)',
    '--typed       set, create: every JSON object, not only a whole value, is {"class": "java.lang.Long", "value": "5"}',
    '              (docs/writing.md)',
    '--overwrite   import: also in place of sessions that were accessed later',
    '--dry-run     import: only says what it would do',
    '',
    'Finds the mirror by http.address and http.port, and its token in http.tokenFile or the data directory.',
  ].join('\n'),
  switches: ['json', 'typed', 'offline', 'with-secrets', 'overwrite', 'dry-run'],
  options: ['context', 'route'],
  async run(invocation) {
    const { words, settings } = invocation;
    const [action, id] = words;
    if (action === 'list' && words.length === 1) {
      return await list(new MirrorClient(settings), invocation);
    }
    if (action === 'show' && id !== undefined && words.length === 2) {
      return await show(new MirrorClient(settings), id, invocation);
    }
    if (action === 'watch' && words.length === 1) {
      return await watch(new MirrorClient(settings), invocation);
    }
    if (action === 'export' && id !== undefined && words.length === 2) {
      return await exportFile(id, invocation);
    }
    if (action === 'import' && id !== undefined && words.length === 2) {
      return await importFile(id, invocation);
    }
    const written = await writeSession(invocation);
    if (written !== undefined) {
      return written;
    }
    throw usageError(
      action === undefined ? 'what to do is missing' : `"${words.join(' ')}" is not understood`,
      this,
    );
  },
};

async function list(client: MirrorClient, { terminal, switches, options }: Invocation): Promise<number> {
  const sessions: ListedSession[] = [];
  let next: string | null = null;
  do {
    const route = options.get('route');
    const query = contextQuery(options, {
      limit: String(PAGE),
      ...(next !== null && { cursor: next }),
      ...(route !== undefined && { route }),
    });
    const page = (await client.get(`/v1/sessions${query}`)) as {
      sessions: ListedSession[];
      next: string | null;
    };
    sessions.push(...page.sessions);
    next = page.next;
  } while (next !== null);
  if (switches.has('json')) {
    terminal.out(`${printableJson(sessions)}\n`);
    return ExitCode.OK;
  }
  const rows = sessions.map((session) => [
    session.id,
    session.context,
    time(session.creationTime),
    time(session.lastAccessedTime),
    idleLimit(session),
    session.unconfirmed ? 'unconfirmed' : '',
    session.attributeNames.join(' '),
  ]);
  terminal.out(
    table([['ID', 'CONTEXT', 'CREATED', 'ACCESSED', 'IDLE LIMIT', 'STATE', 'ATTRIBUTES'], ...rows]),
  );
  return ExitCode.OK;
}

async function show(
  client: MirrorClient,
  id: string,
  { terminal, switches, options }: Invocation,
): Promise<number> {
  const path = `/v1/sessions/${encodeURIComponent(id)}${contextQuery(options)}`;
  const session = (await client.get(path)) as ShownSession;
  if (switches.has('json')) {
    terminal.out(`${printableJson(session)}\n`);
    return ExitCode.OK;
  }
  const { principal } = session;
  terminal.out(
    table([
      ['id', session.id],
      ['context', session.context],
      ['created', time(session.creationTime)],
      ['accessed', time(session.lastAccessedTime)],
      ['idle limit', idleLimit(session)],
      ['state', stateOf(session)],
      [
        'principal',
        principal === null ? 'none' : `${JSON.stringify(principal.name)} ${JSON.stringify(principal.roles)}`,
      ],
      ['authenticated', session.authType ?? 'unknown or not at all'],
    ]),
  );
  for (const [name, { class: className, bytes, value }] of Object.entries(session.attributes)) {
    const size = bytes === null ? '' : `, ${bytes} bytes`;
    terminal.out(
      `\n${printable(name)} (${printable(className ?? 'null')}${size})\n${printableJson(abbreviate(value), 2)}\n`,
    );
  }
  return ExitCode.OK;
}

function stateOf({ isNew, isValid, unconfirmed }: ShownSession): string {
  const words = [isNew && 'new', isValid ? 'valid' : 'invalid', unconfirmed && 'unconfirmed'];
  return words.filter((word) => word !== false).join(' ');
}

async function watch(client: MirrorClient, { terminal, switches, options }: Invocation): Promise<number> {
  const { interrupted } = terminal;
  const isOver = (): boolean => interrupted.aborted;
  const path = `/v1/events${contextQuery(options)}`;
  let lastEventId = '';
  let hasConnected = false;
  while (!isOver()) {
    try {
      const headers: Record<string, string> = lastEventId === '' ? {} : { 'last-event-id': lastEventId };
      const body = await client.stream(path, headers, interrupted);
      if (!hasConnected) {
        hasConnected = true;
        await tellUnknownContext(client, terminal, options);
      }
      for await (const { id, event, data } of readEvents(body)) {
        lastEventId = id;
        if (data !== '' && event !== 'member') {
          terminal.out(switches.has('json') ? `${printableJson(JSON.parse(data))}\n` : eventLine(data));
        }
      }
    } catch (error) {
      if (!isOver() && (!hasConnected || error instanceof RemoteProblem)) {
        throw error;
      }
    }
    if (!isOver()) {
      terminal.err('tribes: the connection to the mirror is interrupted; trying again\n');
      await wait(RECONNECT_MS, interrupted);
    }
  }
  return ExitCode.OK;
}

/** A context may appear later; but a name that is misspelt would look like silence. */
async function tellUnknownContext(
  client: MirrorClient,
  terminal: Terminal,
  options: ReadonlyMap<string, string>,
): Promise<void> {
  const context = options.get('context');
  if (context === undefined) {
    return;
  }
  const known = (await client.get('/v1/contexts')) as { readonly name: string }[];
  if (!known.some(({ name }) => name === context)) {
    const names = known.map(({ name }) => `"${name}"`).join(', ') || 'none';
    terminal.err(
      `${printable(`tribes: there is no context "${context}" yet; waiting for it. Contexts now: ${names}`)}\n`,
    );
  }
}

function eventLine(data: string): string {
  const { type, at, ...rest } = JSON.parse(data) as { type: string; at?: number };
  const details = Object.entries(rest).map(([key, value]) => `${key}=${String(value)}`);
  return `${printable([at === undefined ? '-' : time(at), type, ...details].join(' '))}\n`;
}

function contextQuery(
  options: ReadonlyMap<string, string>,
  more: Readonly<Record<string, string>> = {},
): string {
  const context = options.get('context');
  const query = new URLSearchParams({ ...more, ...(context !== undefined && { context }) }).toString();
  return query === '' ? '' : `?${query}`;
}

function time(epochMs: number): string {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? String(epochMs) : date.toISOString();
}

function idleLimit({ maxInactiveInterval }: ListedSession): string {
  return maxInactiveInterval <= 0 ? 'never' : `${maxInactiveInterval} s`;
}
