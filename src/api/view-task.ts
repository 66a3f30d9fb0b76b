import type { ShareGroup } from '../base/index.js';
import { attributeStream } from '../java/index.js';
import { groupViews, oneView, type ShownLimits } from './attribute-view.js';

/** What is to be made of a share group: JSON of all its attributes or of one, or the Java stream of one. */
export type ViewTask =
  | { readonly make: 'group'; readonly group: ShareGroup }
  | { readonly make: 'one' | 'stream'; readonly group: ShareGroup; readonly index: number };

/** One result for each attribute that was asked for. Errors: those of `attributeStream`. */
export function runViewTask(task: ViewTask, limits: ShownLimits): Uint8Array[] {
  switch (task.make) {
    case 'group':
      return [...groupViews(task.group, limits)].map(jsonBytes);
    case 'one':
      return [jsonBytes(oneView(task.group, task.index, limits))];
    case 'stream':
      return [attributeStream(task.group, task.index, limits.java)];
  }
}

/** In memory of its own, so that it can be handed from thread to thread. */
function jsonBytes(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
