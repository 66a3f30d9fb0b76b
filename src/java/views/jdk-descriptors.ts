import { descOf } from '../descriptors.js';
import { ClassFlags } from '../model.js';

/**
 * Descriptors of the JDK classes that plain JavaScript values become. They are shared by all graphs, and never changed:
 * a writer numbers them for each stream by their identity.
 */

const flags = ClassFlags.SERIALIZABLE | ClassFlags.WRITE_METHOD;

export const NUMBER = descOf({ name: 'java.lang.Number', suid: 0x86ac951d0b94e08bn });
export const BOOLEAN = descOf({ name: 'java.lang.Boolean', suid: 0xcd207280d59cfaeen, fields: ['Z value'] });
export const INTEGER = descOf({
  name: 'java.lang.Integer',
  suid: 0x12e2a0a4f7818738n,
  fields: ['I value'],
  super: NUMBER,
});
export const LONG = descOf({
  name: 'java.lang.Long',
  suid: 0x3b8be490cc8f23dfn,
  fields: ['J value'],
  super: NUMBER,
});
export const DOUBLE = descOf({
  name: 'java.lang.Double',
  suid: 0x80b3c24a296bfb04n,
  fields: ['D value'],
  super: NUMBER,
});
export const BIG_INTEGER = descOf({
  name: 'java.math.BigInteger',
  suid: 0x8cfc9f1fa93bfb1dn,
  flags,
  fields: [
    'I bitCount',
    'I bitLength',
    'I firstNonzeroByteNum',
    'I lowestSetBit',
    'I signum',
    '[B magnitude',
  ],
  super: NUMBER,
});
export const DATE = descOf({ name: 'java.util.Date', suid: 0x686a81014b597419n, flags });
export const BYTE_ARRAY = descOf({ name: '[B', suid: 0xacf317f8060854e0n });
export const ARRAY_LIST = descOf({
  name: 'java.util.ArrayList',
  suid: 0x7881d21d99c7619dn,
  flags,
  fields: ['I size'],
});
export const HASH_MAP = descOf({
  name: 'java.util.HashMap',
  suid: 0x0507dac1c31660d1n,
  flags,
  fields: ['F loadFactor', 'I threshold'],
});
export const LINKED_HASH_MAP = descOf({
  name: 'java.util.LinkedHashMap',
  suid: 0x34c04e5c106cc0fbn,
  fields: ['Z accessOrder'],
  super: HASH_MAP,
});
export const HASH_SET = descOf({ name: 'java.util.HashSet', suid: 0xba44859596b8b734n, flags });
export const LINKED_HASH_SET = descOf({
  name: 'java.util.LinkedHashSet',
  suid: 0xd86cd75a95dd2a1en,
  super: HASH_SET,
});
