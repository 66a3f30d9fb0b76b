import type { Json } from '../java/index.js';

/** A JSON text that is already written. */
export type JsonText = string & { readonly jsonText: true };

export function jsonText(value: Json | object): JsonText {
  return JSON.stringify(value) as JsonText;
}
