import type { JavaValue } from '../model.js';

/** A Java value among JavaScript values: `fromJs` takes it as it is. */
export class JavaLiteral {
  readonly node: JavaValue;

  constructor(node: JavaValue) {
    this.node = node;
  }
}
