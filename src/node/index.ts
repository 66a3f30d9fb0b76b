export { MULTICAST_ADVICE, mcastSettings, multicastPlace } from './mcast-settings.js';
export type { Health, NodeView } from './node-view.js';
