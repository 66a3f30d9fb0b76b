import { defaultJavaLimits, type JavaLimits } from '../base/index.js';

/**
 * Bounds on a message of Tomcat's own, out of those on a Java stream. It carries sessions and values in byte arrays, which
 * are views of the message and cost nothing: a whole state may be one array.
 */
export function messageLimitsOf(limits: JavaLimits): JavaLimits {
  return { ...limits, maxArrayCells: limits.maxBytes };
}

export const messageLimits = messageLimitsOf(defaultJavaLimits);
