import type { Settings } from '../config/index.js';

type MembershipType = Settings['membership']['type'][number];

/** Where members are looked for: `the group 228.0.0.4:45564 on 10.0.0.5`, `a list of 3 addresses`. */
export function membershipPlace(settings: Settings): string {
  return settings.membership.type.map((type) => PLACES[type](settings)).join(' and ');
}

/** What to check when nobody is there. */
export function membershipAdvice({ membership }: Settings): string {
  return membership.type.map((type) => ADVICE[type]).join('; ');
}

const PLACES: Readonly<Record<MembershipType, (settings: Settings) => string>> = {
  multicast: (settings) => `the group ${multicastPlace(settings)}`,
  static: ({ staticMembership: { members } }) =>
    `a list of ${members.length} address${members.length === 1 ? '' : 'es'}`,
  dns: ({ cloudMembership: { dnsName } }) => `the addresses of ${dnsName ?? 'a DNS name'}`,
  kubernetes: ({ cloudMembership: { namespace } }) =>
    `the pods of ${namespace === null ? 'its namespace' : `the namespace ${namespace}`}`,
};

const ADVICE: Readonly<Record<MembershipType, string>> = {
  multicast:
    'check that membership.address and membership.port are those of the Tomcats, that membership.bind is an address of ' +
    'the interface that leads to them, and that the network carries multicast (many cloud and container networks do not)',
  static:
    'check that staticMembership.members names the receivers of the Tomcats (address and port), that these have a ' +
    'StaticMembershipService, and that staticMembership.channelName is the name of their channel',
  dns:
    'check that the name (cloudMembership.dnsName, DNS_MEMBERSHIP_SERVICE_NAME) has the addresses of the Tomcats, and that ' +
    'receiver.port is theirs: all members listen on the same port',
  kubernetes:
    'check that namespace and labels (cloudMembership.namespace, cloudMembership.labels) are those of the pods of the ' +
    'Tomcats, that the service account may list pods, and that receiver.port is theirs: all members listen on the same port',
};

/** Where multicast is listened to: `228.0.0.4:45564 on 10.0.0.5`. */
export function multicastPlace({ membership: { address, port, bind } }: Settings): string {
  const group = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return `${group} on ${bind ?? "the system's default multicast interface"}`;
}
