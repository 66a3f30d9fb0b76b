import type { JavaContent, JavaDesc, JavaFieldValue, JavaText, JavaValue } from '../../../src/java/index.js';

type Node = Exclude<JavaFieldValue | JavaContent, null | boolean | number | bigint | string>;

/**
 * Says where two lists of contents differ as object graphs, references included; undefined if they are the same.
 * With `mergedDescs`, descriptors of one may be one descriptor of the other, and their type strings count by their text.
 */
export function difference(
  left: readonly JavaContent[],
  right: readonly JavaContent[],
  { mergedDescs = false } = {},
): string | undefined {
  return new Comparison(mergedDescs).contents(left, right);
}

class Comparison {
  private readonly mergedDescs: boolean;
  private readonly rightOf = new Map<Node, Node>();
  private readonly leftOf = new Map<Node, Node>();
  private readonly pending: [unknown, unknown, string][] = [];

  constructor(mergedDescs: boolean) {
    this.mergedDescs = mergedDescs;
  }

  contents(left: readonly JavaContent[], right: readonly JavaContent[]): string | undefined {
    if (left.length !== right.length) {
      return `${left.length} contents against ${right.length}`;
    }
    for (const [i, content] of left.entries()) {
      if (content?.kind === 'reset' || content?.kind === 'exception') {
        this.beginEpoch();
      }
      this.pending.push([content, right[i], `content ${i}`]);
      for (let pair = this.pending.pop(); pair !== undefined; pair = this.pending.pop()) {
        const problem = this.compare(...pair);
        if (problem !== undefined) {
          return problem;
        }
      }
      if (content?.kind === 'exception') {
        this.beginEpoch();
      }
    }
    return undefined;
  }

  private beginEpoch(): void {
    this.rightOf.clear();
    this.leftOf.clear();
  }

  /** Compares two plain values or two nodes; leaves what they hold to `pending`. */
  private compare(left: unknown, right: unknown, path: string): string | undefined {
    if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) {
      return Object.is(left, right) ? undefined : `${path}: ${String(left)} against ${String(right)}`;
    }
    if (Buffer.isBuffer(left)) {
      return Buffer.isBuffer(right) && left.equals(right) ? undefined : `${path}: other bytes`;
    }
    if (Array.isArray(left)) {
      if (!Array.isArray(right) || left.length !== right.length) {
        return `${path}: other length`;
      }
      left.forEach((item: unknown, i) => this.pending.push([item, right[i], `${path}[${i}]`]));
      return undefined;
    }
    if (isNode(left) && hasIdentity(left)) {
      const known = this.rightOf.get(left);
      if (known !== undefined) {
        return known === right ? undefined : `${path}: another ${left.kind} of the same content`;
      }
      const mayMerge = this.mergedDescs && (left.kind === 'classDesc' || left.kind === 'proxyDesc');
      if (!mayMerge && this.leftOf.has(right as Node)) {
        return `${path}: the same ${left.kind} where there were two`;
      }
      this.rightOf.set(left, right as Node);
      this.leftOf.set(right as Node, left);
    }
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    for (const key of keys) {
      const [a, b] = [property(left, key), property(right, key)];
      const byText = key === 'constant' || (key === 'signature' && this.mergedDescs);
      this.pending.push(byText ? [text(a), text(b), `${path}.${key}`] : [a, b, `${path}.${key}`]);
    }
    return undefined;
  }
}

function isNode(value: object): value is Node {
  return 'kind' in value;
}

/** Block data and raw primitives are values, not objects. */
function hasIdentity(node: Node): node is Exclude<JavaValue, null> | JavaDesc {
  return !['blockData', 'raw', 'reset', 'exception'].includes(node.kind);
}

/** The name of an enum constant counts by its text: a reader never refers to it, and looks the constant up. */
function text(string: unknown): string | undefined {
  const text = string as JavaText | undefined;
  return text?.bytes?.toString('hex') ?? text?.value;
}

function property(from: object, key: string): unknown {
  return (from as Record<string, unknown>)[key];
}
