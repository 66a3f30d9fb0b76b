export { run } from './run.js';
export type { Terminal } from './command.js';
