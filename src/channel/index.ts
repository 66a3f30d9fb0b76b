export type { InterceptorFactory } from './channel-interceptor.js';
export { channelAdvice } from './channel-advice.js';
export * from './channel.js';
export { GroupChannel, type GroupChannelOptions } from './group-channel.js';
export type { ChannelStatistics } from './channel-statistics.js';
export { interceptorFactory, isInterceptorName, statisticsHelp } from './interceptors/registry.js';
export { localUniqueId } from './interceptors/static-membership-interceptor.js';
export type { RpcHandler } from './rpc-services.js';
export { LazyReplicatedMap, type LazyReplicatedMapParts } from './maps/lazy-replicated-map.js';
export type { MapBridge } from './maps/map-bridge.js';
export { MapService, type MapGroup, type MapServiceParts } from './maps/map-service.js';
export { FullReplicatedMap, type FullReplicatedMapParts } from './maps/full-replicated-map.js';
export type {
  FullMapRole,
  MapEntry,
  MapMachine,
  MapOutcome,
  MapPart,
  MapRole,
  MapStamp,
  MapValues,
} from './maps/map-types.js';
export type { RpcCall, RpcOutcome, RpcReplyOption, RpcRequest, RpcResponse } from './rpc-channel.js';
export { RpcChannel, type RpcChannelParts } from './rpc-channel.js';
export { StaticMembershipMessenger, type StaticMessengerParts } from './static-membership-messenger.js';
