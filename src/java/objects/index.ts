export type { FieldTypes } from './class-layout.js';
export {
  JavaClasses,
  type JavaConstructor,
  type RegisterOptions,
  type WritableClass,
} from './java-classes.js';
export { java } from './java-literals.js';
export { ObjectInputStream, type ObjectInputStreamOptions } from './object-input-stream.js';
export type { ObjectOutputStream } from './object-output-stream.js';
export { toJava } from './to-java.js';
export { typedView, type Instance } from './instance.js';
export type { ReadableClass } from './typed-view.js';
