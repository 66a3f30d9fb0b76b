export { FrameAssembler } from './frame-assembler.js';
export { NioReceiver, type NioReceiverOptions } from './nio-receiver.js';
export { resolveReceiverAddress, type HostFacts } from './receiver-address.js';
export { defaultReceiverSettings, type ReceiverSettings } from './receiver-settings.js';
export type { ReceiverStatistics } from './receiver-statistics.js';
export * from './replication-receiver.js';
export * from './replication-transmitter.js';
