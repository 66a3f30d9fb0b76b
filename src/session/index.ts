export * from './session-mirror.js';
