import { HandleKind, type HandleTable } from './handle-table.js';
import type { ScannedValue } from './scanned-value.js';

/**
 * Classes whose instances cannot change and hold nothing that can: sharing one binds nobody together. Also immutable:
 * strings, enum constants, class objects and class descriptors.
 */
export const IMMUTABLE_CLASSES: ReadonlySet<string> = new Set([
  'java.lang.Boolean',
  'java.lang.Byte',
  'java.lang.Character',
  'java.lang.Short',
  'java.lang.Integer',
  'java.lang.Long',
  'java.lang.Float',
  'java.lang.Double',
  'java.math.BigInteger',
  'java.math.BigDecimal',
  'java.time.Ser',
  'java.util.UUID',
]);

/**
 * `values`, those together that share a mutable object: directly, through others of `values`, or through something else
 * of their stream. Groups in the order of their first values, values in the order given.
 */
export function shareGroups(values: readonly ScannedValue[]): ScannedValue[][] {
  const groups = new DisjointSets(values.length);
  const reached = new Map<HandleTable, Map<number, number>>();
  values.forEach((value, index) => {
    let owners = reached.get(value.epoch);
    if (owners === undefined) {
      owners = new Map();
      reached.set(value.epoch, owners);
    }
    reach(value, index, owners, groups);
  });
  const byRoot = new Map<number, ScannedValue[]>();
  values.forEach((value, index) => {
    const root = groups.rootOf(index);
    const group = byRoot.get(root);
    if (group === undefined) {
      byRoot.set(root, [value]);
    } else {
      group.push(value);
    }
  });
  return [...byRoot.values()];
}

/**
 * Notes `index` as owner of every mutable object that `value` reaches. Where another value came before, both are bound,
 * and what lies behind is the other's already.
 */
function reach(value: ScannedValue, index: number, owners: Map<number, number>, groups: DisjointSets): void {
  const { epoch } = value;
  const pending: number[] = [value.handle];
  if (value.handle < 0) {
    return;
  }
  for (let handle = pending.pop(); handle !== undefined; handle = pending.pop()) {
    if (isImmutable(epoch, handle)) {
      continue;
    }
    const owner = owners.get(handle);
    if (owner !== undefined) {
      groups.join(owner, index);
      continue;
    }
    owners.set(handle, index);
    const end = epoch.end(handle);
    let event = epoch.definition(handle) + 1;
    while (event < epoch.eventCount && epoch.eventOffset(event) < end) {
      const target = epoch.eventHandle(event);
      pending.push(target);
      event = epoch.isReference(event) ? event + 1 : epoch.eventAt(epoch.end(target), event + 1);
    }
  }
}

function isImmutable(epoch: HandleTable, handle: number): boolean {
  switch (epoch.kind(handle)) {
    case HandleKind.STRING:
    case HandleKind.ENUM:
    case HandleKind.CLASS:
    case HandleKind.DESC:
      return true;
    case HandleKind.OBJECT:
      return IMMUTABLE_CLASSES.has(epoch.desc(handle)?.className ?? '');
    default:
      return false;
  }
}

/** Union-find over 0 … size - 1; the root of a set is its smallest member. */
class DisjointSets {
  private readonly parents: number[];

  constructor(size: number) {
    this.parents = Array.from({ length: size }, (_, index) => index);
  }

  rootOf(index: number): number {
    let at = index;
    for (let parent = this.parents[at] as number; parent !== at; parent = this.parents[at] as number) {
      const grandparent = this.parents[parent] as number;
      this.parents[at] = grandparent;
      at = grandparent;
    }
    return at;
  }

  join(one: number, other: number): void {
    const a = this.rootOf(one);
    const b = this.rootOf(other);
    this.parents[Math.max(a, b)] = Math.min(a, b);
  }
}
