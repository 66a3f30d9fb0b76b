export type { InterceptorFactory } from './channel-interceptor.js';
export * from './channel.js';
export { GroupChannel, type GroupChannelOptions } from './group-channel.js';
export type { ChannelStatistics } from './channel-statistics.js';
export { interceptorFactory, type InterceptorSpec } from './interceptors/registry.js';
export type { RpcHandler } from './rpc-services.js';
