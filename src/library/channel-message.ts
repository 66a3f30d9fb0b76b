import type { ReceivedMessage } from '../channel/index.js';
import { readObject, type JavaValue } from '../java/index.js';
import { ClassName, messageClassName, rpcHeadOf } from '../wire/index.js';
import type { Access } from './access.js';
import { clusterMember, type ClusterMember } from './member.js';
import { ReceivedValue } from './received-value.js';

/** What Tomcats say to each other of sessions, maps and deployment; programs are not asked about it. */
const OF_CLUSTER: ReadonlySet<string | null> = new Set<string>([
  ClassName.SESSION_MESSAGE,
  ClassName.MAP_MESSAGE,
  ClassName.FILE_MESSAGE,
  ClassName.UNDEPLOY_MESSAGE,
  ClassName.STATIC_MEMBER_MESSAGE,
]);

/** A message to the listeners of the channel: a Java object, or the bytes of a `ByteMessage`. */
export class ChannelMessage extends ReceivedValue {
  readonly sender: ClusterMember;
  /** The options that it was sent with, as a sum of `SEND_OPTIONS_*`. */
  readonly options: number;
  /** When it was sent, epoch milliseconds by the clock of the sender. */
  readonly timestamp: number;
  /** Whether it is a `ByteMessage`. */
  readonly isBytes: boolean;
  readonly #payload: Buffer;

  /** @internal */
  constructor({ sender, options, timestamp, isByteMessage, payload }: ReceivedMessage, access: Access) {
    super((): JavaValue => readObject(payload, access.javaLimits), access);
    this.sender = clusterMember(sender);
    this.options = options;
    this.timestamp = timestamp;
    this.isBytes = isByteMessage;
    this.#payload = payload;
  }

  override get className(): string | null {
    return this.isBytes ? ClassName.BYTE_MESSAGE : super.className;
  }

  /** The plain view of the object (`plainView`), or the bytes; a new one each time. */
  override get value(): unknown {
    return this.isBytes ? this.raw : super.value;
  }

  /** The Java stream of the object, or the bytes; a copy. */
  get raw(): Buffer {
    return Buffer.from(this.#payload);
  }
}

/** Whether a message is one of those that programs send each other. */
export function isOfPrograms({ isByteMessage, payload }: ReceivedMessage): boolean {
  return isByteMessage || (!OF_CLUSTER.has(messageClassName(payload)) && rpcHeadOf(payload) === null);
}
