/**
 * What a mirror says of itself in the payload of its membership, which is free for an application to use (page 01, 2):
 * that it is one, and which version of the conventions among mirrors it keeps. Tomcats pass it over.
 */
const PREFIX = 'tomcat-tribes mirror ';

/** The version of this node. */
export const MIRROR_VERSION = 1;

/** No payload of a mirror is longer. */
const MAX_LENGTH = 64;

export function encodeMirrorPayload(version = MIRROR_VERSION): Buffer {
  return Buffer.from(`${PREFIX}${version}`, 'latin1');
}

/**
 * The version that a mirror of that payload keeps; null when the payload is none of a mirror. What later versions put
 * behind the number, after a space, is not looked at.
 */
export function mirrorVersionOf(payload: Buffer): number | null {
  if (payload.length > MAX_LENGTH) {
    return null;
  }
  const match = /^tomcat-tribes mirror ([1-9]\d{0,5})(?: .*)?$/s.exec(payload.toString('latin1'));
  return match === null ? null : Number(match[1]);
}
