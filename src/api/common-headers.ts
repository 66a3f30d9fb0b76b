/** Of every answer: it holds what others must not learn, so it is kept nowhere and its address is told to nobody. */
export const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;
