export { absoluteOrder } from './absolute-order.js';
export { parseDomain } from './domain.js';
export { endpointText, hostBytes, hostText } from './host-address.js';
export { McastService, type McastDescription, type McastServiceOptions } from './mcast-service.js';
export { defaultMcastSettings, type McastSettings } from './mcast-settings.js';
export { makeMember, memberKey, type Member, type MemberKey } from './member.js';
export { MemberTable } from './member-table.js';
export * from './membership-service.js';
export { parseStaticMembers, parseUniqueId } from './static-members.js';
