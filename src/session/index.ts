export type { SessionCounters, SessionEventName } from './session-counters.js';
export * from './session-mirror.js';
export * from './session-writer.js';
export { SimpleTcpCluster, type SessionGauges, type SimpleTcpClusterOptions } from './simple-tcp-cluster.js';
export { defaultTransferSettings, type TransferSettings } from './state-transfer.js';
