export * from './replication-receiver.js';
export * from './replication-transmitter.js';
