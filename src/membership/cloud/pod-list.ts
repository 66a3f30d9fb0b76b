import { TribesError } from '../../base/index.js';
import { cloudUniqueId } from '../../wire/index.js';
import { hostBytes } from '../host-address.js';
import type { FoundMember } from './member-lookup.js';

/**
 * The members in an answer to `GET …/pods` (`KubernetesMembershipProvider.parsePods`): pods that run and have an address.
 * The older a pod, the greater its alive time, which counts from `startedAt`, epoch milliseconds.
 *
 * Error: TRIBES_E_MEMBERSHIP_KUBERNETES when it is no list.
 */
export function membersOfPodList(json: string, startedAt: number): readonly FoundMember[] {
  const items = field(parsed(json), 'items');
  if (!Array.isArray(items)) {
    throw new TribesError('TRIBES_E_MEMBERSHIP_KUBERNETES', { problem: 'the answer is no list of pods' });
  }
  return items.map((item) => memberOf(item, startedAt)).filter((member) => member !== undefined);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new TribesError('TRIBES_E_MEMBERSHIP_KUBERNETES', { problem: 'the answer is no JSON' }, { cause });
  }
}

function memberOf(item: unknown, startedAt: number): FoundMember | undefined {
  const kind = field(item, 'kind');
  const metadata = field(item, 'metadata');
  const status = field(item, 'status');
  const podIP = text(field(status, 'podIP'));
  const created = Date.parse(text(field(metadata, 'creationTimestamp')) ?? '');
  const host = podIP === undefined ? undefined : hostBytes(podIP);
  if (
    (kind !== undefined && kind !== 'Pod') ||
    text(field(metadata, 'name')) === undefined ||
    field(status, 'phase') !== 'Running' ||
    podIP === undefined ||
    host === undefined ||
    Number.isNaN(created)
  ) {
    return undefined;
  }
  const uid = text(field(metadata, 'uid')) ?? podIP;
  return { host, uniqueId: cloudUniqueId(uid), aliveTime: startedAt - created };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
