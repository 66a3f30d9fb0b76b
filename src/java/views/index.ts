export { descName, javaClassName } from './class-name.js';
export { fromJs } from './from-js.js';
export { jsonView, type Json } from './json-view.js';
export { JavaInstance, plainView } from './plain-view.js';
