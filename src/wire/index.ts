export * from './channel-data.js';
export * from './dialect.js';
export * from './frame.js';
export * from './int64.js';
export * from './member-package.js';
export * from './probes.js';
export * from './send-options.js';
export * from './unique-id.js';
