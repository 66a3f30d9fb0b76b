import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The checkout; this file runs from BUILD/interop/kit. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export const INTEROP = `${ROOT}interop/`;

/** A template with each `@name@` replaced. @throws Error for a name without a value, and for a value without its name */
export function fillTemplate(name: string, values: Readonly<Record<string, string>>): string {
  const template = readFileSync(`${INTEROP}templates/${name}`, 'utf8');
  const unused = new Set(Object.keys(values));
  const filled = template.replace(/@([a-z.]+)@/g, (_, key: string) => {
    const value = values[key];
    if (value === undefined) {
      throw new Error(`${name} asks for ${key}`);
    }
    unused.delete(key);
    return value;
  });
  if (unused.size > 0) {
    throw new Error(`${name} does not use ${[...unused].join(', ')}`);
  }
  return filled;
}
