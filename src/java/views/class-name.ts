import { classNameOf } from '../graph.js';
import type { JavaDesc, JavaObject, JavaValue } from '../model.js';
import { immutableCollectionClass } from './containers.js';
import { javaTimeOf } from './java-time.js';

/**
 * The class that a Java program would see with `getClass().getName()`, as far as the stream tells: a replacement that a
 * class wrote in its place is named as what it stands for. Null for a null reference.
 */
export function javaClassName(value: JavaValue): string | null {
  return value?.kind === 'object' ? objectClassName(value) : classNameOf(value);
}

/** Name of a descriptor's class; of a proxy, what a JVM would call it, without its number. */
export function descName(desc: JavaDesc): string {
  return desc.kind === 'classDesc' ? desc.name.value : 'jdk.proxy.$Proxy';
}

function objectClassName(object: JavaObject): string {
  const name = descName(object.desc);
  switch (name) {
    case 'java.time.Ser':
      return javaTimeOf(object)?.className ?? name;
    case 'java.util.CollSer':
      return immutableCollectionClass(object) ?? name;
    case 'java.util.EnumSet$SerializationProxy':
      return 'java.util.EnumSet';
    case 'java.util.concurrent.atomic.LongAdder$SerializationProxy':
      return 'java.util.concurrent.atomic.LongAdder';
    case 'java.net.InetAddress':
      return 'java.net.Inet4Address';
    default:
      return name;
  }
}
