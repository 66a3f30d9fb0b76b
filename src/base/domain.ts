import { TribesError } from './errors/index.js';

/**
 * The bytes of a domain as it is written in settings (`McastService.setDomain`): text is taken as ISO-8859-1 (`?` for
 * other characters); a text that begins with `{` is a list of signed bytes, `{1,2,-4}` (`util.Arrays.fromString`).
 *
 * Error: TRIBES_E_MEMBERSHIP_DOMAIN.
 */
export function parseDomain(text: string): Buffer {
  return text.startsWith('{') ? byteList(text) : Buffer.from(text.replace(/[^\0-\u{ff}]/gu, '?'), 'latin1');
}

function byteList(text: string): Buffer {
  const items = /^\{([^{}]*)\}$/.exec(text)?.[1]?.split(',') ?? [text];
  const bytes = items.map((item) => item.trim()).filter((item) => item !== '');
  const bad = bytes.find((item) => !/^[+-]?\d{1,3}$/.test(item) || Number(item) < -128 || Number(item) > 127);
  if (bad !== undefined) {
    throw new TribesError('TRIBES_E_MEMBERSHIP_DOMAIN', { domain: text, item: bad });
  }
  return Buffer.from(bytes.map(Number));
}
