export type { Health, NodeView, ProgramMessages } from './node-view.js';
export { membershipAdvice, membershipPlace, multicastPlace } from './membership-place.js';
export { createMembership } from './memberships.js';
export { javaLimits, mcastSettings, viewLimits } from './room-settings.js';
export { createStore, startNode, type Face, type StartNodeOptions, type TribesNode } from './tribes-node.js';
