export { principalView, type PrincipalView } from './principal-view.js';
export type { BootTime } from './our-time.js';
export type { SessionCounters, SessionEventName } from './session-counters.js';
export { exportSessions, type DatedSnapshot, type ExportOptions } from './session-export.js';
export {
  emptyTally,
  importSessions,
  type ImportOptions,
  type ImportOutcome,
  type ImportTally,
  type SessionImporter,
} from './session-import.js';
export * from './session-mirror.js';
export type { WriteSettings } from './cluster-session-writer.js';
export { StoreImporter } from './store-importer.js';
export * from './session-writer.js';
export { WriteAudit, type AuditedWrite, type WriteOperation } from './write-audit.js';
export type { WriteCounters } from './write-counters.js';
export { SimpleTcpCluster, type SessionGauges, type SimpleTcpClusterOptions } from './simple-tcp-cluster.js';
export type { StateSourcePolicy } from './state-source.js';
export { defaultTransferSettings, type TransferSettings } from './state-transfer.js';
