export * from './brands.js';
export * from './clock.js';
export * from './errors/index.js';
export * from './limits.js';
export * from './log-throttle.js';
export * from './logger.js';
export * from './session-store.js';
export * from './version.js';
