import { holdsAt } from './bytes-at.js';
import { encodeRpcMessage, type RpcMessage } from './rpc-message.js';
import { WireReader } from './wire-reader.js';

/** An RpcMessage without what it is about. */
export interface RpcHead {
  readonly kind: RpcMessage['kind'];
  readonly uuid: Buffer;
  readonly rpcId: Buffer;
}

const LAYOUT = 'RpcMessage';
const TC_BLOCKDATA = 0x77;
const TC_BLOCKDATALONG = 0x7a;

const EMPTY = { uuid: Buffer.alloc(0), rpcId: Buffer.alloc(0) };

/** What the stream of an RpcMessage begins with, up to its data: the same in all releases, 7.0 to 12. */
const RPC_MESSAGE = upToBlockData(encodeRpcMessage({ kind: 'request', ...EMPTY, message: null }));
const NO_RPC_CHANNEL_REPLY = upToBlockData(encodeRpcMessage({ kind: 'no-rpc-channel-reply', ...EMPTY }));

/**
 * Which call of which service a message is about, whatever the call carries: also where that cannot be understood, so
 * that every call can be answered. Null when the message is no RpcMessage. Views of `bytes`, except where records of
 * block data had to be joined.
 *
 * Errors: TRIBES_E_WIRE_TRUNCATED, TRIBES_E_WIRE_LENGTH, TRIBES_E_WIRE_MARKER.
 */
export function rpcHeadOf(bytes: Buffer): RpcHead | null {
  if (holdsAt(bytes, 0, RPC_MESSAGE)) {
    const data = blockData(bytes, RPC_MESSAGE.length);
    const isReply = data.readInt8('reply') !== 0;
    return { kind: isReply ? 'reply' : 'request', ...ids(data) };
  }
  if (holdsAt(bytes, 0, NO_RPC_CHANNEL_REPLY)) {
    return { kind: 'no-rpc-channel-reply', ...ids(blockData(bytes, NO_RPC_CHANNEL_REPLY.length)) };
  }
  return null;
}

function ids(data: WireReader): { uuid: Buffer; rpcId: Buffer } {
  return { uuid: data.readCountedBytes('uuid'), rpcId: data.readCountedBytes('rpcId') };
}

/** The primitives from `offset` on; a JVM begins a new record every 1024 bytes. */
function blockData(bytes: Buffer, offset: number): WireReader {
  const stream = new WireReader(LAYOUT, bytes, offset);
  const records: Buffer[] = [];
  while (stream.left > 0) {
    const tag = bytes[stream.offset];
    if (tag !== TC_BLOCKDATA && tag !== TC_BLOCKDATALONG) {
      break;
    }
    stream.readInt8('tag');
    records.push(
      tag === TC_BLOCKDATA
        ? stream.readBytes('block data', stream.readInt8('length of block data') & 0xff)
        : stream.readCountedBytes('block data'),
    );
  }
  const [first = EMPTY.uuid] = records;
  return new WireReader(LAYOUT, records.length > 1 ? Buffer.concat(records) : first);
}

/** `stream` without its block data, which is in one record, and what follows it. */
function upToBlockData(stream: Buffer): Buffer {
  return stream.subarray(0, stream.lastIndexOf(TC_BLOCKDATA));
}
