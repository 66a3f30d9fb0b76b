import { text } from '../setting.js';

/** Send options by names or as a sum, as `Channel.parseSendOptions` reads them. What is sent says itself whether it is raw bytes. */
export function sendOptions(
  names: Readonly<Record<string, number>>,
  defaultText: string,
  description: string,
) {
  const bits = [...new Set(Object.values(names))];
  const sums = bits.reduce((all, bit) => [...all, ...all.map((sum) => sum + bit)], [0]);
  const name = Object.keys(names).join('|');
  const known = bits.map((bit) => `${Object.keys(names).find((key) => names[key] === bit) ?? ''} (${bit})`);
  return text(
    new RegExp(`^(?:${sums.join('|')}|(?:${name})(?:\\s*,\\s*(?:${name}))*)$`),
    `a sum of ${bits.join(', ')}, or names separated by commas: ${known.join(', ')}`,
    defaultText,
    description,
  );
}

/** Options of a message that is for certain members. */
export const TO_MEMBERS = {
  ...{ use_ack: 2, sync: 4, synchronized_ack: 4, async: 8, asynchronous: 8, secure: 16, udp: 32 },
} as const;

/** Options of any message. */
export const TO_ANYBODY = { ...TO_MEMBERS, multicast: 64 } as const;
