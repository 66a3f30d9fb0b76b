import type { ErrorEntries } from './error-entry.js';

export const javaViewErrors = {
  TRIBES_E_JAVA_VIEW_LIMIT: {
    message: 'the Java value exceeds the limit of {limit} for the {what} of a view',
    cause: 'The value is nested too deep or holds too many values to be shown as plain JavaScript.',
    remedy: 'Raise the view limits, or read the value as a graph with readStream.',
  },
  TRIBES_E_JAVA_FROM_JS: {
    message: '{what} has no Java counterpart',
    cause:
      'Only strings, booleans, numbers, bigints, valid Dates, Uint8Arrays, arrays, Maps, plain objects, Sets and null become Java values.',
    remedy: 'Convert the value to one of these first.',
  },
} as const satisfies ErrorEntries;
