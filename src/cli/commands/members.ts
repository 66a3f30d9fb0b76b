import { memberJson } from '../../api/index.js';
import { silentLogger, systemClock } from '../../base/index.js';
import type { Settings } from '../../config/index.js';
import {
  StartLevel,
  type DisappearReason,
  type Member,
  type MembershipService,
} from '../../membership/index.js';
import { createMembership, membershipAdvice, membershipPlace } from '../../node/index.js';
import { usageError } from '../arguments.js';
import { ExitCode, type Command, type Invocation } from '../command.js';
import { printable, printableJson, table } from '../terminal-text.js';
import { wait } from '../wait.js';

export const membersCommand: Command = {
  name: 'members',
  usage: 'members [--watch] [--json]',
  summary: 'lists who announces itself in the cluster, without taking part',
  details: [
    'Listens to the multicast group (membership.address, membership.port, membership.bind) and never sends',
    'anything, so that it may be pointed at a production cluster. Ends after membership.dropTime, or two times',
    'membership.frequency, or a second, whichever is longest. With another membership.type: who in the list takes',
    'connections, which addresses the name has, which pods there are.',
    '',
    '--watch   goes on, and tells who comes and goes, until interrupted',
    '--json    one JSON array; with --watch one JSON value a line',
  ].join('\n'),
  switches: ['watch', 'json'],
  options: [],
  async run(invocation) {
    if (invocation.words.length > 0) {
      throw usageError(`"${invocation.words.join(' ')}" is not understood`, this);
    }
    return await (invocation.switches.has('watch') ? watch(invocation) : list(invocation));
  },
};

/** Time in which whoever is there is heard, with Tomcat's heartbeat of 500 ms. */
const LISTEN_MS = 1_000;

async function list({ settings, switches, terminal }: Invocation): Promise<number> {
  const { interrupted } = terminal;
  const { membership } = settings;
  const dropTime = Math.max(membership.dropTime, 2 * membership.frequency, LISTEN_MS);
  const service = listener({ ...settings, membership: { ...membership, dropTime } });
  try {
    await service.start(StartLevel.MBR_RX);
    await wait(dropTime - 2 * membership.frequency, interrupted);
    const members = service.members();
    if (switches.has('json')) {
      terminal.out(`${printableJson(members.map((member) => memberJson(member, 'member')))}\n`);
    } else if (members.length > 0) {
      terminal.out(table([['NAME', 'DOMAIN', 'ALIVE', 'UNIQUE ID'], ...members.map(memberRow)]));
    }
    if (members.length === 0) {
      terminal.err(nobodyHeard(settings));
    }
    return ExitCode.OK;
  } finally {
    await service.stop(StartLevel.MBR_RX);
  }
}

async function watch({ settings, switches, terminal }: Invocation): Promise<number> {
  const { interrupted } = terminal;
  const service = listener(settings);
  const tell = (type: string, member: Member, reason?: DisappearReason): void => {
    const at = systemClock.now();
    const shown = memberJson(member, 'member');
    terminal.out(
      switches.has('json')
        ? `${printableJson({ type, at, ...(reason !== undefined && { reason }), member: shown })}\n`
        : `${printable([new Date(at).toISOString(), type, reason ?? '', ...memberRow(member)].filter(Boolean).join(' '))}\n`,
    );
  };
  service.setListener({
    memberAdded: (member) => tell('memberAdded', member),
    memberDisappeared: (member, reason) => tell('memberDisappeared', member, reason),
  });
  try {
    await service.start(StartLevel.MBR_RX);
    if (service.members().length === 0) {
      terminal.err(nobodyHeard(settings));
    }
    await wait(Infinity, interrupted);
    return ExitCode.OK;
  } finally {
    await service.stop(StartLevel.MBR_RX);
  }
}

function listener(settings: Settings): MembershipService {
  const parts = { clock: systemClock, logger: silentLogger, environment: process.env };
  return createMembership(settings, parts).service;
}

function nobodyHeard(settings: Settings): string {
  return `tribes: nobody is heard in ${membershipPlace(settings)}: ${membershipAdvice(settings)}\n`;
}

function memberRow(member: Member): string[] {
  const { name, domain, aliveMs, uniqueId } = memberJson(member, 'member');
  return [name, domain, `${Math.floor(aliveMs / 1000)} s`, uniqueId];
}
