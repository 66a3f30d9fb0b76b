import type { JavaLimits } from '../base/index.js';
import { type JavaObject, type JavaValue, readObject } from '../java/index.js';
import { ClassName } from './class-names.js';
import { writeObject } from './java-build.js';
import {
  annotationInput,
  externalDesc,
  externalObject,
  readCountedBytes,
  writeCountedBytes,
} from './java-external.js';
import { nameOf, wrongClass } from './java-fields.js';
import { messageLimits } from './message-limits.js';

/** What `org.apache.catalina.tribes.group.RpcChannel` sends. */
export type RpcMessage =
  | {
      readonly kind: 'request' | 'reply';
      /** Names the call; 16 random bytes. */
      readonly uuid: Buffer;
      /** Names the service, such as a replicated map. */
      readonly rpcId: Buffer;
      readonly message: JavaValue;
    }
  /** The answer of a node that has no such service (`RpcMessage.NoRpcChannelReply`). */
  | { readonly kind: 'no-rpc-channel-reply'; readonly uuid: Buffer; readonly rpcId: Buffer };

const LAYOUT = 'RpcMessage';
const RPC_MESSAGE = externalDesc(ClassName.RPC_MESSAGE, 8154458786660410633n);
const NO_RPC_CHANNEL_REPLY = externalDesc(ClassName.NO_RPC_CHANNEL_REPLY, 8911374288427899814n, RPC_MESSAGE);

/** Errors: TRIBES_E_WIRE_CLASS, TRIBES_E_WIRE_FIELD, and those of the stream codec. */
export function decodeRpcMessage(bytes: Buffer, limits: JavaLimits = messageLimits): RpcMessage {
  return rpcMessageOf(readObject(bytes, limits));
}

export function rpcMessageOf(value: JavaValue): RpcMessage {
  const className = value?.kind === 'object' ? nameOf(value.desc) : undefined;
  if (
    value?.kind !== 'object' ||
    (className !== ClassName.RPC_MESSAGE && className !== ClassName.NO_RPC_CHANNEL_REPLY)
  ) {
    throw wrongClass(LAYOUT, ClassName.RPC_MESSAGE, value);
  }
  const input = annotationInput(LAYOUT, value);
  const hasMessage = className === ClassName.RPC_MESSAGE;
  const isReply = hasMessage && input.readBoolean();
  const uuid = readCountedBytes(LAYOUT, 'uuid', input);
  const rpcId = readCountedBytes(LAYOUT, 'rpcId', input);
  return hasMessage
    ? { kind: isReply ? 'reply' : 'request', uuid, rpcId, message: input.readObject() }
    : { kind: 'no-rpc-channel-reply', uuid, rpcId };
}

export function encodeRpcMessage(message: RpcMessage): Buffer {
  return writeObject(objectOf(message));
}

function objectOf(message: RpcMessage): JavaObject {
  if (message.kind === 'no-rpc-channel-reply') {
    return externalObject(NO_RPC_CHANNEL_REPLY, (output) => {
      writeCountedBytes(output, message.uuid);
      writeCountedBytes(output, message.rpcId);
    });
  }
  return externalObject(RPC_MESSAGE, (output) => {
    output.writeBoolean(message.kind === 'reply');
    writeCountedBytes(output, message.uuid);
    writeCountedBytes(output, message.rpcId);
    output.writeObject(message.message);
  });
}
