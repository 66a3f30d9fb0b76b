import type { TomcatVersion } from '../kit/index.js';
import { ChoiceSpace, type Choice, type Factors, type Forbidden } from './pairwise.js';

/** Those of Tomcat's interceptors that are there or not, without anything else to choose. */
export const OPTIONAL_INTERCEPTORS = [
  'TcpFailureDetector',
  'MessageDispatchInterceptor',
  'ThroughputInterceptor',
  'DomainFilterInterceptor',
  'TcpPingInterceptor',
  'FragmentationInterceptor',
  'GzipInterceptor',
  'OrderInterceptor',
  'TwoPhaseCommitInterceptor',
] as const;

const ON_OFF = ['on', 'off'] as const;

/** What the cells of the matrix differ in. */
export const FACTORS = {
  tomcats: ['10.1+10.1', '9+9', '9+10.1'],
  manager: ['DeltaManager', 'BackupManager'],
  channelSendOptions: ['2', '6', '8', '10'],
  membership: ['McastService', 'StaticMembershipService', 'StaticMembershipInterceptor'],
  /** When the node comes. */
  node: ['first', 'between', 'last'],
  /** How the node is told: flags, or a server.xml as a third Tomcat would have it. */
  settings: ['flags', 'server.xml'],
  /** Two orders of the same interceptors: what changes bytes above, or below, the others that do. */
  order: ['A', 'B'],
  coordinator: ['none', 'NonBlockingCoordinator', 'SimpleCoordinator'],
  /** The algorithm; with Tomcat 9.0.70 in the form of the older releases, with 10.1.60 in that of the newer ones. */
  encryption: ['none', 'AES/GCM/NoPadding', 'AES/CBC/PKCS5Padding'],
  ...(Object.fromEntries(OPTIONAL_INTERCEPTORS.map((name) => [name, ON_OFF])) as Record<
    (typeof OPTIONAL_INTERCEPTORS)[number],
    typeof ON_OFF
  >),
} as const satisfies Factors;

/** One cluster to be tried: a value of each factor. */
export type Cell = { readonly [Name in keyof typeof FACTORS]: (typeof FACTORS)[Name][number] };

const ENCRYPTED = ['AES/GCM/NoPadding', 'AES/CBC/PKCS5Padding'];

/** What Tomcats cannot do among themselves, whoever else is there. */
export const FORBIDDEN: readonly Forbidden[] = [
  {
    when: { tomcats: ['9+10.1'], membership: ['StaticMembershipService'] },
    why: 'the two lines cannot read the questions of each other, and never find each other',
  },
  {
    when: { tomcats: ['9+10.1'], encryption: ENCRYPTED },
    why: '9.0.70 encrypts the message alone, 10.1.60 a time with it: neither understands the other',
  },
  {
    when: { tomcats: ['9+10.1'], manager: ['BackupManager'], node: ['last'] },
    why: 'their maps do not know each other, and with nobody who answers both the second starts only after a time-out',
  },
  {
    when: { membership: ['StaticMembershipInterceptor'], TcpFailureDetector: ['off'] },
    why: 'without it a static member is in the membership from the start, whether it runs or not, and for ever',
  },
  {
    when: { membership: ['StaticMembershipInterceptor'], TcpPingInterceptor: ['off'] },
    why: 'without it nobody notices that a static member has been killed',
  },
  {
    when: { membership: ['StaticMembershipInterceptor'], coordinator: ['NonBlockingCoordinator'] },
    why: 'it starts all of the channel whatever channelStartOptions says, and Tomcat does not start at all',
  },
  {
    when: { OrderInterceptor: ['on'], TcpFailureDetector: ['on'], manager: ['BackupManager'] },
    why: 'a call that cannot be sent, while the answer of another member is delivered in order, is a deadlock in Tomcat: it takes no message any more',
  },
  {
    when: { OrderInterceptor: ['on'], TcpFailureDetector: ['on'], membership: ['StaticMembershipService'] },
    why: 'the same: its members are found by calls',
  },
  {
    when: Object.fromEntries([
      ...OPTIONAL_INTERCEPTORS.map((name) => [name, ['off']]),
      ['membership', ['McastService', 'StaticMembershipService']],
      ['coordinator', ['none']],
      ['encryption', ['none']],
    ]) as Forbidden['when'],
    why: 'a Tomcat without any interceptor gets two by default: that is one of the stacks of the guides',
  },
];

export const CELLS = new ChoiceSpace(FACTORS, FORBIDDEN);

/** A whole choice as a cell. @throws Error for one that is not whole, or forbidden */
export function cellOf(choice: Choice): Cell {
  for (const [name, values] of Object.entries(FACTORS)) {
    if (!(values as readonly string[]).includes(choice[name] ?? '')) {
      throw new Error(`${name} cannot be ${choice[name] ?? 'left out'}`);
    }
  }
  const forbidden = CELLS.forbids(choice);
  if (forbidden !== undefined) {
    throw new Error(forbidden.why);
  }
  return choice as unknown as Cell;
}

export function versionsOf({ tomcats }: Pick<Cell, 'tomcats'>): readonly [TomcatVersion, TomcatVersion] {
  switch (tomcats) {
    case '10.1+10.1':
      return ['10.1', '10.1'];
    case '9+9':
      return ['9', '9'];
    case '9+10.1':
      return ['9', '10.1'];
  }
}

/**
 * Whether what is said of a session is taken in as it was said. A map that sends without 4 gives its members messages that they work on side by side: of an
 * entry that ends under one id and begins under another, or that has a new owner, they may hear the earlier thing last. So in such a cell ids stay when a
 * session moves (no jvmRoute), and the node does not write.
 */
export function keepsOrder({ manager, channelSendOptions }: Cell): boolean {
  return manager === 'DeltaManager' || channelSendOptions === '6';
}
