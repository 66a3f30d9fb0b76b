export * from './model.js';
export type { ObjectInput, ObjectOutput } from './object-input.js';
