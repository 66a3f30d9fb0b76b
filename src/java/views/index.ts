export { descName, javaClassName } from './class-name.js';
export { fromJs } from './from-js.js';
export { JavaLiteral } from './java-literal.js';
export { jsonView, type Json } from './json-view.js';
export { JavaInstance, PlainView, plainView } from './plain-view.js';
