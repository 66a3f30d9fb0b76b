import { ExitCode, type Invocation } from './command.js';
import { MirrorClient } from './mirror-client.js';
import { printable, printableJson } from './terminal-text.js';

/** What the node answers to a write (docs/http-api.md). */
interface Answer {
  readonly id: string;
  /** Class by name. */
  readonly set: Readonly<Record<string, string>>;
  readonly acknowledged: readonly string[];
  readonly unacknowledged: readonly { readonly member: string; readonly reason: string }[];
}

interface WriteRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

const JSON_TYPE = 'application/json';
const TYPED_TYPE = 'application/vnd.tomcat-tribes.typed+json';

/**
 * Writes what the words say: `set ID NAME JSON`, `remove ID NAME`, `expire ID`, `change-id ID`, `create [JSON]`. Resolves
 * to the exit code, which is 1 when a member has not acknowledged the write; undefined when the words say nothing of
 * that kind.
 */
export async function writeSession(invocation: Invocation): Promise<number | undefined> {
  const request = requestOf(invocation.words);
  if (request === undefined) {
    return undefined;
  }
  const { settings, switches, options, terminal } = invocation;
  const context = options.get('context');
  const query = context === undefined ? '' : `?context=${encodeURIComponent(context)}`;
  const type = switches.has('typed') ? TYPED_TYPE : JSON_TYPE;
  const client = new MirrorClient(settings);
  const { method, path, body } = request;
  const answer = (await client.write(method, path + query, type, body)) as Answer;
  if (switches.has('json')) {
    terminal.out(`${printableJson(answer)}\n`);
  } else {
    const { id, set, acknowledged, unacknowledged } = answer;
    const members = acknowledged.length + unacknowledged.length;
    terminal.out(`${printable(id)}: acknowledged by ${acknowledged.length} of ${members} members\n`);
    for (const [name, className] of Object.entries(set)) {
      terminal.out(`${printable(`${name} is now a ${className}`)}\n`);
    }
    for (const { member, reason } of unacknowledged) {
      terminal.err(`tribes: ${printable(`${member} has not acknowledged it: ${reason}`)}\n`);
    }
  }
  return answer.unacknowledged.length === 0 ? ExitCode.OK : ExitCode.NO;
}

function requestOf(words: readonly string[]): WriteRequest | undefined {
  const [action, ...rest] = words;
  const [first = '', name = '', json = ''] = rest;
  const session = `/v1/sessions/${encodeURIComponent(first)}`;
  const attribute = `${session}/attributes/${encodeURIComponent(name)}`;
  switch (`${action ?? ''} ${rest.length}`) {
    case 'set 3':
      return { method: 'PUT', path: attribute, body: json };
    case 'remove 2':
      return { method: 'DELETE', path: attribute };
    case 'expire 1':
      return { method: 'DELETE', path: session };
    case 'change-id 1':
      return { method: 'POST', path: `${session}/change-id` };
    case 'create 0':
      return { method: 'POST', path: '/v1/sessions' };
    case 'create 1':
      return { method: 'POST', path: '/v1/sessions', body: first };
    default:
      return undefined;
  }
}
