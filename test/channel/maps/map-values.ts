import type { MapValues } from '../../../src/channel/maps/map-types.js';

/** Whatever is asked for is there, and nothing is kept. */
export const anyValue: MapValues = {
  has: () => true,
  replace: () => true,
  apply: () => true,
  accessed: () => undefined,
  ended: () => undefined,
  settled: () => undefined,
};

/** Texts; a change is put behind them, with a "+". */
export function growingTexts(texts: Map<string, string>): MapValues {
  return {
    ...anyValue,
    has: (key) => texts.has(key),
    replace: (key, value) => texts.set(key, value.toString()).has(key),
    apply: (key, diff) => texts.set(key, `${texts.get(key) ?? ''}+${diff.toString()}`).has(key),
  };
}
