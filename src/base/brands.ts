import { randomUUID } from 'node:crypto';

declare const brand: unique symbol;

/** A `T` that only its own constructor function makes, so that an id is never passed where a name belongs. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** A session id as Tomcat writes it, route suffix included (`5A…E2.jvm1`). A login credential: never log it whole. */
export type SessionId = Brand<string, 'SessionId'>;

/**
 * The name under which a manager is registered in its cluster: `localhost#/app` when the cluster sits in an Engine,
 * `/app` when it sits in a Host; the root context has an empty path (SimpleTcpCluster.getManagerName).
 */
export type ContextName = Brand<string, 'ContextName'>;

/** A member's or a message's 16 byte id, as 32 lower-case hexadecimal digits. */
export type UniqueId = Brand<string, 'UniqueId'>;

export const sessionId = (text: string): SessionId => text as SessionId;

export const contextName = (text: string): ContextName => text as ContextName;

/** The id of 16 raw bytes. */
export function uniqueId(bytes: Uint8Array): UniqueId {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex') as UniqueId;
}

/** The 16 raw bytes of an id. */
export function uniqueIdBytes(id: UniqueId): Buffer {
  return Buffer.from(id, 'hex');
}

/** A new random id, shaped as a version 4 UUID like those of `UUIDGenerator.randomUUID`. */
export function randomUniqueId(): UniqueId {
  return randomUUID().replaceAll('-', '') as UniqueId;
}
