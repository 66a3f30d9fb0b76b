/**
 * Sets the property `name` of `target` if the class of `target` declares it: as a field with a value, as a setter, or as a
 * plain value on a prototype. Names come from streams of others, so methods are never covered, no prototype is ever
 * changed, and no property is ever added.
 */
export function setDeclaredField(target: object, name: string, value: unknown): void {
  let holder: object | null = target;
  while (holder !== null && holder !== Object.prototype) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, name);
    if (descriptor !== undefined) {
      if (isField(descriptor, holder === target) && !(Array.isArray(target) && name === 'length')) {
        Reflect.set(target, name, value);
      }
      return;
    }
    holder = Object.getPrototypeOf(holder) as object | null;
  }
}

function isField(descriptor: PropertyDescriptor, own: boolean): boolean {
  return (
    descriptor.set !== undefined ||
    (descriptor.writable === true && (own || typeof descriptor.value !== 'function'))
  );
}
