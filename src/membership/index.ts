export { absoluteOrder } from './absolute-order.js';
export {
  CloudMembershipService,
  type CloudMembershipServiceOptions,
} from './cloud/cloud-membership-service.js';
export type { Environment } from './cloud/cloud-environment.js';
export { DnsLookup, type DnsLookupOptions } from './cloud/dns-lookup.js';
export { KubernetesLookup, type KubernetesLookupOptions } from './cloud/kubernetes-lookup.js';
export type { FoundMember, MemberLookup } from './cloud/member-lookup.js';
export { endpointText, hostBytes, hostText } from './host-address.js';
export { McastService, type McastDescription, type McastServiceOptions } from './mcast-service.js';
export { defaultMcastSettings, type McastSettings } from './mcast-settings.js';
export { makeMember, memberKey, type Member, type MemberKey } from './member.js';
export { MemberTable } from './member-table.js';
export { LocalMember, type LocalMemberOptions } from './local-member.js';
export * from './membership-service.js';
export { MergedMembershipService } from './merged-membership-service.js';
export { HostNames, systemHostLookup, type HostLookup } from './static/host-names.js';
export { StaticRoster, type RosterChange } from './static/static-roster.js';
export {
  StaticMembershipService,
  type StaticMembershipServiceOptions,
} from './static/static-membership-service.js';
export {
  defaultStaticMembershipSettings,
  type StaticMembershipSettings,
} from './static/static-membership-settings.js';
export type { AskOptions, StaticMessageHandler, StaticMessenger } from './static/static-messenger.js';
