export { isValue } from './contents.js';
export { descOf, type DescParts } from './descriptors.js';
export { classNameOf, fieldOf } from './graph.js';
export { graphInput, graphOutput, type GraphOutput } from './graph-io.js';
export * from './model.js';
export type { ObjectInput, ObjectOutput } from './object-input.js';
export { readObject, readStream } from './reader.js';
export * from './views/index.js';
export { writeStream } from './writer.js';
