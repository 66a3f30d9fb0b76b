/** Type codes, `java.io.ObjectStreamConstants.TC_*`. */
export const TypeCode = {
  NULL: 0x70,
  REFERENCE: 0x71,
  CLASSDESC: 0x72,
  OBJECT: 0x73,
  STRING: 0x74,
  ARRAY: 0x75,
  CLASS: 0x76,
  BLOCKDATA: 0x77,
  ENDBLOCKDATA: 0x78,
  RESET: 0x79,
  BLOCKDATALONG: 0x7a,
  EXCEPTION: 0x7b,
  LONGSTRING: 0x7c,
  PROXYCLASSDESC: 0x7d,
  ENUM: 0x7e,
} as const;

/** STREAM_MAGIC and STREAM_VERSION. */
export const STREAM_HEADER = Buffer.from('aced0005', 'hex');

/** `baseWireHandle`: the first handle of a stream, and of what follows a reset. */
export const BASE_HANDLE = 0x7e0000;

/** `ObjectOutputStream.BlockDataOutputStream.MAX_BLOCK_SIZE`: how many bytes a JVM gathers before it writes a record. */
export const MAX_BLOCK_SIZE = 1024;

/** Longest record that TC_BLOCKDATA can carry. */
export const MAX_SHORT_BLOCK = 0xff;

/** Longest encoding that TC_STRING and `writeUTF` can carry. */
export const MAX_UTF_BYTES = 0xffff;
