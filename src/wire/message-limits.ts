import { defaultJavaLimits, type JavaLimits } from '../base/index.js';

/**
 * Bounds on a message of Tomcat's own. It carries sessions and values in byte arrays, which are views of the message and
 * cost nothing: a whole state may be one array.
 */
export const messageLimits: JavaLimits = { ...defaultJavaLimits, maxArrayCells: defaultJavaLimits.maxBytes };
