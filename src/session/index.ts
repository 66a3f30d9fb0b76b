export { principalView, type PrincipalView } from './principal-view.js';
export type { BootTime } from './continuity/our-time.js';
export type { SessionCounters, SessionEventName } from './session-counters.js';
export { exportSessions, type DatedSnapshot, type ExportOptions } from './moving/session-export.js';
export {
  emptyTally,
  importSessions,
  type ImportOptions,
  type ImportOutcome,
  type ImportTally,
  type SessionImporter,
} from './moving/session-import.js';
export * from './session-mirror.js';
export type { BackupCounters } from './backup/backup-counters.js';
export type { BackupGroup, BackupPlace } from './backup/backup-manager.js';
export { defaultBackupSettings, type BackupSettings } from './backup/backup-settings.js';
export type { FullMap, FullMapChange, FullMapOutcome, FullMapPlace } from './full-maps/full-map.js';
export type { ProgramMaps } from './full-maps/program-maps.js';
export type {
  SingleSignOn,
  SingleSignOnPage,
  SingleSignOnQuery,
  SingleSignOnSession,
} from './full-maps/single-sign-ons.js';
export type { WriteSettings } from './writing/cluster-session-writer.js';
export { StoreImporter } from './moving/store-importer.js';
export * from './writing/session-writer.js';
export {
  WriteAudit,
  type AuditedImport,
  type AuditedWrite,
  type WriteOperation,
} from './writing/write-audit.js';
export type { WriteCounters } from './writing/write-counters.js';
export type { SimpleTcpClusterOptions } from './cluster-parts.js';
export { SimpleTcpCluster, type SessionGauges } from './simple-tcp-cluster.js';
export type { StateSourcePolicy } from './continuity/state-source.js';
export { defaultTransferSettings, type TransferSettings } from './joining/transfer-settings.js';
