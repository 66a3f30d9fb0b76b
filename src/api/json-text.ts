/** A JSON text that is already written. */
export type JsonText = string & { readonly jsonText: true };

export function jsonText(value: unknown): JsonText {
  return (JSON.stringify(value) ?? 'null') as JsonText;
}

/**
 * An object whose names came from others. They never become property names: neither `__proto__` nor the order of
 * names that look like numbers is special here.
 */
export function jsonObject(members: Iterable<readonly [name: string, value: JsonText]>): JsonText {
  const texts: string[] = [];
  for (const [name, value] of members) {
    texts.push(`${JSON.stringify(name)}:${value}`);
  }
  return `{${texts.join(',')}}` as JsonText;
}
