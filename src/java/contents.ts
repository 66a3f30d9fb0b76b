import type { JavaBlockData, JavaContent, JavaException, JavaReset, JavaValue } from './model.js';

/** True for what `readObject` of a JVM would return: not block data, a reset or an exception. */
export function isValue(content: JavaContent): content is JavaValue {
  return content === null || !isBetweenValues(content);
}

function isBetweenValues(
  content: Exclude<JavaContent, null>,
): content is JavaBlockData | JavaReset | JavaException {
  return content.kind === 'blockData' || content.kind === 'reset' || content.kind === 'exception';
}
