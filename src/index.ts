/**
 * What users of the package may rely on: a node to start, its settings, its errors, and the Java codec. Everything else is
 * the inside of the house.
 */
export { TribesError, isTribesError, type ErrorCode, type Logger } from './base/index.js';
export type {
  ContextName,
  JavaLimits,
  SessionId,
  SessionPage,
  SessionRecord,
  SessionSummary,
  ShareGroup,
  UniqueId,
  ViewLimits,
} from './base/index.js';
export { loadSettings, type LoadedSettings, type SettingSources, type Settings } from './config/index.js';
export {
  fromJs,
  javaClassName,
  jsonView,
  plainView,
  readObject,
  readStream,
  writeStream,
  type JavaStream,
  type JavaValue,
  type Json,
} from './java/index.js';
export type { Member } from './membership/index.js';
export {
  startNode,
  type Health,
  type NodeView,
  type StartNodeOptions,
  type TribesNode,
} from './node/index.js';
export type { ContextInfo, SessionEvent, SessionMirror, Synchronisation } from './session/index.js';
