/** Up to so many nodes are found one by one in less time than in a map. */
const FEW = 24;

/** Under which handles nodes were written that do not remember it themselves. */
export class NodeHandles {
  private readonly nodes = new Array<object | undefined>(FEW).fill(undefined);
  private readonly handles = new Array<number>(FEW).fill(0);
  private count = 0;
  /** Those beyond the first few. */
  private more: Map<object, number> | undefined;

  /** The handle that `node` got last; undefined if it has none. */
  get(node: object): number | undefined {
    const handle = this.more?.get(node);
    if (handle !== undefined) {
      return handle;
    }
    const { nodes } = this;
    for (let i = this.count - 1; i >= 0; i--) {
      if (nodes[i] === node) {
        return this.handles[i];
      }
    }
    return undefined;
  }

  set(node: object, handle: number): void {
    const { count } = this;
    if (count < FEW) {
      this.nodes[count] = node;
      this.handles[count] = handle;
      this.count = count + 1;
    } else {
      this.more ??= new Map();
      this.more.set(node, handle);
    }
  }

  /** Keeps nothing. */
  clear(): void {
    for (let i = this.count - 1; i >= 0; i--) {
      this.nodes[i] = undefined;
    }
    this.count = 0;
    this.more = undefined;
  }
}
