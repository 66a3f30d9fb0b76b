import { isTribesError } from '../base/index.js';
import {
  ClassName,
  decodeRpcMessage,
  mapMessageOf,
  staticMemberMessageOf,
  type DialectObserver,
} from '../wire/index.js';

/** Calls that carry members are small; no time is spent on others. */
const MAX_BYTES = 65_536;

/**
 * Observes the dialect of whoever sent an RpcMessage, of a service that this node need not have: replicated maps and
 * static membership tell by the members in their calls which release of Tomcat they belong to. What cannot be decoded
 * teaches nothing.
 */
export function observeCall(payload: Buffer, observe: DialectObserver): void {
  if (payload.length > MAX_BYTES) {
    return;
  }
  try {
    const call = decodeRpcMessage(payload);
    const message = call.kind === 'no-rpc-channel-reply' ? null : call.message;
    if (message?.kind !== 'object' || message.desc.kind !== 'classDesc') {
      return;
    }
    if (message.desc.name.value === ClassName.MAP_MESSAGE) {
      mapMessageOf(message, observe);
    } else if (message.desc.name.value === ClassName.STATIC_MEMBER_MESSAGE) {
      staticMemberMessageOf(message, observe);
    }
  } catch (error) {
    if (!isTribesError(error)) {
      throw error;
    }
  }
}
