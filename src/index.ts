/**
 * What users of the package may rely on: the mirror, its settings, its errors, and the Java codec; and the node underneath, for
 * who wants to build a face of their own. Everything else is the inside of the house.
 */
export {
  TribesError,
  defaultJavaLimits,
  defaultViewLimits,
  isTribesError,
  silentLogger,
  systemClock,
  type Clock,
  type ErrorCode,
  type Logger,
  type Timer,
} from './base/index.js';
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
export {
  loadSettings,
  type LoadedSettings,
  type SettingSources,
  type Settings,
  type SettingsInput,
} from './config/index.js';
export {
  JavaClasses,
  JavaInstance,
  JavaLiteral,
  ObjectInputStream,
  fromJs,
  java,
  javaClassName,
  jsonView,
  plainView,
  readObject,
  readStream,
  toJava,
  typedView,
  writeStream,
  type FieldTypes,
  type Instance,
  type JavaConstructor,
  type JavaStream,
  type JavaValue,
  type Json,
  type ObjectInputStreamOptions,
  type ObjectOutputStream,
  type ReadableClass,
  type RegisterOptions,
  type WritableClass,
} from './java/index.js';
export {
  Mirror,
  type Attribute,
  type Attributes,
  type ClusterMember,
  type Context,
  type Contexts,
  type CreateOptions,
  type EventOptions,
  type EventReader,
  type JoinOptions,
  type MirrorEvent,
  type MirrorEvents,
  type MissedEvents,
  type Session,
  type SessionChanges,
  type Sessions,
  type WriteOptions,
  type WriteResult,
} from './library/index.js';
export type { Member } from './membership/index.js';
export {
  startNode,
  type Health,
  type NodeView,
  type StartNodeOptions,
  type TribesNode,
} from './node/index.js';
export type {
  ContextInfo,
  ContextMember,
  PrincipalView,
  SessionEvent,
  SessionMirror,
  Synchronisation,
  TransferState,
} from './session/index.js';
