/**
 * The method that a class brings itself, or gets from a class that stands for no Java class: what belongs to another
 * class of the same Java hierarchy is for what that one wrote.
 *
 * @param others prototypes of the registered classes of the hierarchy.
 */
export function ownMethod(
  prototype: object,
  name: string,
  others: ReadonlySet<object>,
): ((stream: never) => void) | undefined {
  let holder: object | null = prototype;
  while (holder !== null && holder !== Object.prototype && (holder === prototype || !others.has(holder))) {
    const method: unknown = Object.getOwnPropertyDescriptor(holder, name)?.value;
    if (typeof method === 'function') {
      return method as (stream: never) => void;
    }
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  return undefined;
}
