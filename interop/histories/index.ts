export { compareHistories, type FlawCounts, type HistoriesReport } from './comparison.js';
export { JavaMembers, type JavaMember } from './java-members.js';
export type { HistoryMember } from './history-member.js';
export { OurMember } from './our-member.js';
