export type { Health, NodeView } from './node-view.js';
export { MULTICAST_ADVICE, javaLimits, mcastSettings, multicastPlace, viewLimits } from './room-settings.js';
export { createStore, startNode, type Face, type StartNodeOptions, type TribesNode } from './tribes-node.js';
