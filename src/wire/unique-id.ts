import { createHash } from 'node:crypto';
import { uniqueId, type UniqueId } from '../base/index.js';
import type { JavaValue } from '../java/index.js';
import { ClassName } from './class-names.js';
import { expectObject, JavaFields } from './java-fields.js';

/**
 * The id of a member found by a cloud membership provider: MD5 of the address as Java prints it (DNS), or of the pod's
 * uid (Kubernetes), in US-ASCII (`CloudMembershipProvider`, `DNSMembershipProvider`, `KubernetesMembershipProvider`).
 */
export function cloudUniqueId(text: string): UniqueId {
  return uniqueId(createHash('md5').update(text, 'latin1').digest());
}

/**
 * The bytes of an `org.apache.catalina.tribes.UniqueId` that was written as an object.
 *
 * Errors: TRIBES_E_WIRE_CLASS, TRIBES_E_WIRE_FIELD.
 */
export function uniqueIdOf(value: JavaValue): Buffer | null {
  const layout = 'UniqueId';
  return new JavaFields(layout, expectObject(layout, value, ClassName.UNIQUE_ID), ClassName.UNIQUE_ID).bytes(
    'id',
  );
}
