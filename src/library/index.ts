export { Attribute } from './attribute.js';
export { Attributes } from './attributes.js';
export { ChannelMessage } from './channel-message.js';
export {
  ClusterChannel,
  type CoordinationView,
  type MessageListener,
  type SendOptions,
  type SendResult,
} from './cluster-channel.js';
export { Context, type CreateOptions } from './context.js';
export { Contexts } from './contexts.js';
export { EventReader, type EventOptions } from './event-reader.js';
export type { ClusterMember } from './member.js';
export { Mirror, type JoinOptions } from './mirror.js';
export type { MirrorEvent, MirrorEvents, MissedEvents } from './mirror-event.js';
export type { Unreached } from './outgoing.js';
export { ReceivedValue } from './received-value.js';
export { ReplicatedMap, type MapChange, type MapWriteResult } from './replicated-map.js';
export {
  RpcMessage,
  RpcService,
  type RpcCallOptions,
  type RpcResult,
  type RpcServiceOptions,
} from './rpc-service.js';
export { Session, type WriteOptions } from './session.js';
export { SessionChanges } from './session-changes.js';
export { Sessions } from './sessions.js';
export type { WriteResult } from './write-result.js';
