/**
 * What differs from peer to peer. There is no version on the wire: a peer's dialect is learned from what it sends, and
 * whatever is sent to it is written in that dialect. Dialects are immutable; equal ones have equal `dialectKey`s.
 */
export interface Dialect {
  /** serialVersionUID of `MemberImpl`. A JVM refuses every message that carries a member of another one. */
  readonly memberImplUid: bigint;
  readonly staticMemberUid: bigint;
  /** serialVersionUID of `DeltaSession`. A JVM refuses a whole session of another one. */
  readonly deltaSessionUid: bigint;
  /** serialVersionUID of `SessionMessageImpl`: 1 in 7.0, 2 since. Each is unreadable for the other. */
  readonly sessionMessageUid: SessionMessageUid;
  /** While it is not known, a principal is passed on as it came: every release since 8.5 reads the forms of the others. */
  readonly principalForm: PrincipalForm | 'unknown';
  /** The package of the servlet API that the peer has; a value of a class of the other one is unreadable for it. */
  readonly servletPackage: ServletPackage | 'unknown';
  /**
   * Whether the peer writes two slots for notes into whole sessions. `no` and `unknown`: leave them out, which every
   * release reads; a release that does not know them loses the whole state to them.
   */
  readonly noteSlots: Known;
  /**
   * Whether the peer understands NOTE actions in deltas. `no`: one breaks the delta that it stands in. `unknown`: only in a
   * delta that holds nothing else, so that it can break nothing.
   */
  readonly noteActions: Known;
}

export type SessionMessageUid = 1n | 2n;

export type Known = 'yes' | 'no' | 'unknown';

export type ServletPackage = 'javax' | 'jakarta';

/**
 * The class and fields of a serialised principal.
 * - `ha`: 7.0, `org.apache.catalina.ha.session.SerializablePrincipal`; block data in whole sessions.
 * - the others, `GenericPrincipal$SerializablePrincipal` with name, principal and roles, and
 *   `password`: 8.5 and 9.0 up to .58; `attributes-password`: 9.0.59 and later 9.0; `plain`: 10.0 up to .16;
 *   `attributes`: 10.0.17, 10.1, 11 and later.
 */
export type PrincipalForm = 'ha' | 'password' | 'attributes-password' | 'plain' | 'attributes';

/** `StaticMember`, in all releases. */
export const STATIC_MEMBER_UID = -6690656311635953503n;

/** `MemberImpl`, by the groups of releases that can exchange members. */
export const MEMBER_IMPL_UIDS = {
  /** 7.0.0 to 7.0.30. */
  A: -3747696661765742913n,
  /** 7.0.31 to 7.0.68. */
  B: 9101965184867046152n,
  /** 7.0.69 to 7.0.109. */
  C: -5400603719024120549n,
  /** 8.5.1 to 8.5.100, all of 9.0, 10.0.0-M1 to M3. */
  D: 3323947316117794076n,
  /** 10.0.0-M4 to 10.0.27, 10.1.0 to 10.1.39, 11.0.0 to 11.0.5. */
  E: 6004750745337223678n,
  /** 10.1.40 and later, 11.0.6 and later, 12. */
  F: -8901659902996040089n,
} as const;

/** `DeltaSession` in releases that understand notes: 8.5.83, 9.0.66, 10.0.24 and later, 10.1, 11. */
const DELTA_SESSION_WITH_NOTES = 296450023228352885n;

/** `DeltaSession` of 12. */
const DELTA_SESSION_12 = -2520792967283359486n;

/** `DeltaSession` in the releases of 8.5, 9.0 and 10.0 before those. */
const DELTA_SESSIONS_WITHOUT_NOTES: readonly bigint[] = [
  2867907695408841010n,
  -8644450145351526069n,
  2752609111726365693n,
];

/** Known dialects, by the first release of a line that speaks them. */
export const DIALECTS = {
  'tomcat-7.0.104': {
    memberImplUid: MEMBER_IMPL_UIDS.C,
    staticMemberUid: STATIC_MEMBER_UID,
    deltaSessionUid: 3130975136276510241n,
    sessionMessageUid: 1n,
    principalForm: 'ha',
    servletPackage: 'javax',
    noteSlots: 'no',
    noteActions: 'no',
  },
  'tomcat-8.5.83': {
    memberImplUid: MEMBER_IMPL_UIDS.D,
    staticMemberUid: STATIC_MEMBER_UID,
    deltaSessionUid: DELTA_SESSION_WITH_NOTES,
    sessionMessageUid: 2n,
    principalForm: 'password',
    servletPackage: 'javax',
    noteSlots: 'unknown',
    noteActions: 'yes',
  },
  'tomcat-9.0.34': {
    memberImplUid: MEMBER_IMPL_UIDS.D,
    staticMemberUid: STATIC_MEMBER_UID,
    deltaSessionUid: 2752609111726365693n,
    sessionMessageUid: 2n,
    principalForm: 'password',
    servletPackage: 'javax',
    noteSlots: 'no',
    noteActions: 'no',
  },
  'tomcat-9.0.66': {
    memberImplUid: MEMBER_IMPL_UIDS.D,
    staticMemberUid: STATIC_MEMBER_UID,
    deltaSessionUid: DELTA_SESSION_WITH_NOTES,
    sessionMessageUid: 2n,
    principalForm: 'attributes-password',
    servletPackage: 'javax',
    noteSlots: 'unknown',
    noteActions: 'yes',
  },
  'tomcat-10.1.0': {
    memberImplUid: MEMBER_IMPL_UIDS.E,
    staticMemberUid: STATIC_MEMBER_UID,
    deltaSessionUid: DELTA_SESSION_WITH_NOTES,
    sessionMessageUid: 2n,
    principalForm: 'attributes',
    servletPackage: 'jakarta',
    noteSlots: 'yes',
    noteActions: 'yes',
  },
  'tomcat-10.1.40': {
    memberImplUid: MEMBER_IMPL_UIDS.F,
    staticMemberUid: STATIC_MEMBER_UID,
    deltaSessionUid: DELTA_SESSION_WITH_NOTES,
    sessionMessageUid: 2n,
    principalForm: 'attributes',
    servletPackage: 'jakarta',
    noteSlots: 'yes',
    noteActions: 'yes',
  },
  'tomcat-12': {
    memberImplUid: MEMBER_IMPL_UIDS.F,
    staticMemberUid: STATIC_MEMBER_UID,
    deltaSessionUid: DELTA_SESSION_12,
    sessionMessageUid: 2n,
    principalForm: 'attributes',
    servletPackage: 'jakarta',
    noteSlots: 'yes',
    noteActions: 'yes',
  },
} as const satisfies Readonly<Record<string, Dialect>>;

/**
 * What is assumed of a peer from which nothing was received yet: 10.1.40 and later, 11.0.6 and later. Notes are left out
 * until the peer is known to understand them, since every release understands their absence. A Tomcat that has only sent
 * GET_ALL_SESSIONS has shown no more than that it is not 7.0: all later lines send the same bytes.
 */
export const NEWEST_DIALECT: Dialect = {
  ...DIALECTS['tomcat-10.1.40'],
  principalForm: 'unknown',
  servletPackage: 'unknown',
  noteSlots: 'unknown',
  noteActions: 'unknown',
};

/** One thing seen in what a peer sent. */
export type DialectObservation =
  | { readonly seen: 'memberImpl' | 'staticMember' | 'deltaSession'; readonly uid: bigint }
  | { readonly seen: 'sessionMessage'; readonly uid: SessionMessageUid }
  | { readonly seen: 'principal'; readonly form: PrincipalForm }
  /** A whole session, with the two slots or without. */
  | { readonly seen: 'noteSlots'; readonly present: boolean }
  | { readonly seen: 'noteAction' };

/** Told by decoders what they see of the sender's dialect, as they see it. */
export type DialectObserver = (observation: DialectObservation) => void;

/** For whoever does not care. */
export const ignoreDialect: DialectObserver = () => undefined;

/**
 * What is known after `observation`: the same object when that is nothing new.
 *
 * An observation overrules an earlier one of the same kind, since a node may be upgraded and come back with the same
 * address and static id. What follows from it for other fields is put in as far as it is certain.
 */
export function learnDialect(dialect: Dialect, observation: DialectObservation): Dialect {
  const learned = { ...dialect, ...consequences(dialect, observation) };
  return dialectKey(learned) === dialectKey(dialect) ? dialect : learned;
}

function consequences(from: Dialect, observation: DialectObservation): Partial<Dialect> {
  switch (observation.seen) {
    case 'memberImpl':
      return { ...consequencesOfMemberImpl(from, observation.uid), memberImplUid: observation.uid };
    case 'staticMember':
      return { staticMemberUid: observation.uid };
    case 'deltaSession':
      return { ...consequencesOfDeltaSession(observation.uid), deltaSessionUid: observation.uid };
    case 'sessionMessage':
      return consequencesOfSessionMessage(from, observation.uid);
    case 'principal':
      return { principalForm: observation.form, servletPackage: SERVLET_PACKAGES[observation.form] };
    case 'noteSlots':
      return observation.present ? { noteSlots: 'yes', noteActions: 'yes' } : { noteSlots: 'no' };
    case 'noteAction':
      return { noteActions: 'yes' };
  }
}

const SERVLET_PACKAGES: Readonly<Record<PrincipalForm, ServletPackage>> = {
  ha: 'javax',
  password: 'javax',
  'attributes-password': 'javax',
  plain: 'jakarta',
  attributes: 'jakarta',
};

function consequencesOfMemberImpl(from: Dialect, uid: bigint): Partial<Dialect> {
  const { A, B, C, D, E, F } = MEMBER_IMPL_UIDS;
  const speaksSeven = uid === A || uid === B || uid === C;
  const line = consequencesOfSessionMessage(from, speaksSeven ? 1n : 2n);
  if (speaksSeven) {
    return line;
  }
  const servletPackage = uid === D ? 'javax' : uid === E || uid === F ? 'jakarta' : from.servletPackage;
  const notes = uid === from.memberImplUid ? { ...from, ...line } : NEWEST_DIALECT;
  return uid === F
    ? {
        ...line,
        servletPackage,
        noteSlots: yesIfUnknown(notes.noteSlots),
        noteActions: yesIfUnknown(notes.noteActions),
      }
    : { ...line, servletPackage, noteSlots: notes.noteSlots, noteActions: notes.noteActions };
}

function yesIfUnknown(known: Known): Known {
  return known === 'unknown' ? 'yes' : known;
}

function consequencesOfDeltaSession(uid: bigint): Partial<Dialect> {
  if (DELTA_SESSIONS_WITHOUT_NOTES.includes(uid)) {
    return { noteSlots: 'no', noteActions: 'no' };
  }
  return uid === DELTA_SESSION_WITH_NOTES || uid === DELTA_SESSION_12 ? { noteActions: 'yes' } : {};
}

/** The border between 7.0 and later lines; nothing follows from the form of session messages within the later ones. */
function consequencesOfSessionMessage(from: Dialect, uid: SessionMessageUid): Partial<Dialect> {
  if (uid === 1n) {
    const javax = { principalForm: 'ha', servletPackage: 'javax' } as const;
    return { sessionMessageUid: 1n, ...javax, noteSlots: 'no', noteActions: 'no' };
  }
  const { sessionMessageUid, principalForm, servletPackage, noteSlots, noteActions } = NEWEST_DIALECT;
  return from.sessionMessageUid === 1n
    ? { sessionMessageUid, principalForm, servletPackage, noteSlots, noteActions }
    : {};
}

/** Equal for equal dialects: what destinations of one message are grouped by. */
export function dialectKey(dialect: Dialect): string {
  return [
    dialect.memberImplUid,
    dialect.staticMemberUid,
    dialect.deltaSessionUid,
    dialect.sessionMessageUid,
    dialect.principalForm,
    dialect.servletPackage,
    dialect.noteSlots,
    dialect.noteActions,
  ].join(' ');
}
