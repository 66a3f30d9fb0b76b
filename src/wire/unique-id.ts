import { createHash } from 'node:crypto';
import { uniqueId, type UniqueId } from '../base/index.js';

/**
 * The id of a member found by a cloud membership provider: MD5 of the address as Java prints it (DNS), or of the pod's
 * uid (Kubernetes), in US-ASCII (`CloudMembershipProvider`, `DNSMembershipProvider`, `KubernetesMembershipProvider`).
 */
export function cloudUniqueId(text: string): UniqueId {
  return uniqueId(createHash('md5').update(text, 'latin1').digest());
}
