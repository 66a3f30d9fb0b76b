import type { JavaLimits } from '../base/index.js';
import {
  descOf,
  readObject,
  scanInput,
  spliceOutput,
  type JavaClassDesc,
  type JavaValue,
  type ScannedValue,
  type SpliceOutput,
} from '../java/index.js';
import { ClassName } from './class-names.js';
import { ignoreDialect, type Dialect, type DialectObserver } from './dialect.js';
import { writeObject } from './java-build.js';
import { annotationInput, externalDesc, externalObject } from './java-external.js';
import { expectObject, wrongScannedClass } from './java-fields.js';
import { readSessionBody, writeSessionBody, type SessionBody } from './session-body.js';

const LAYOUT = 'DeltaSession';

/** Described in the stream, but nothing of it is written: DeltaSession is Externalizable. */
const STANDARD_SESSION = descOf({
  name: ClassName.STANDARD_SESSION,
  suid: 1n,
  fields: [
    'J creationTime',
    'Z isNew',
    'Z isValid',
    'J lastAccessedTime',
    'I maxInactiveInterval',
    'J thisAccessedTime',
    'Ljava/util/concurrent/ConcurrentMap; attributes',
    'Ljava/lang/String; id',
  ],
});

/**
 * The value of a replicated map that holds sessions: `org.apache.catalina.ha.session.DeltaSession`.
 *
 * Errors: TRIBES_E_JAVA_OPAQUE when an attribute could not be serialised by the sender, which leaves the whole session
 * unreadable for everybody; TRIBES_E_WIRE_CLASS, TRIBES_E_WIRE_FIELD, and those of the stream codec.
 */
export function decodeDeltaSession(
  valuedata: Buffer,
  observe: DialectObserver = ignoreDialect,
  limits?: JavaLimits,
): SessionBody<JavaValue> {
  return deltaSessionOf(readObject(valuedata, limits), observe);
}

export function deltaSessionOf(
  value: JavaValue,
  observe: DialectObserver = ignoreDialect,
): SessionBody<JavaValue> {
  const object = expectObject(LAYOUT, value, ClassName.DELTA_SESSION);
  observe({ seen: 'deltaSession', uid: (object.desc as JavaClassDesc).serialVersionUID });
  return readSessionBody(annotationInput(LAYOUT, object), observe);
}

/** Error: that of `writeSessionBody`. */
export function encodeDeltaSession(body: SessionBody<JavaValue>, dialect: Dialect): Buffer {
  return writeObject(
    externalObject(descOfDialect(dialect), (output) => writeSessionBody(body, output, dialect)),
  );
}

/**
 * The same, of which nothing is built: what stands in the session is cut out of `valuedata`. The last attribute is broken off
 * where its value is opaque.
 *
 * Errors: TRIBES_E_WIRE_CLASS, TRIBES_E_WIRE_FIELD, and those of the stream codec.
 */
export function scanDeltaSession(
  valuedata: Buffer,
  observe: DialectObserver = ignoreDialect,
  limits?: JavaLimits,
): SessionBody<ScannedValue> {
  const value = scanInput(valuedata, limits).readObject();
  const uid = value.desc?.serialVersionUID;
  if (value.kind !== 'object' || value.className !== ClassName.DELTA_SESSION || uid === undefined) {
    throw wrongScannedClass(LAYOUT, ClassName.DELTA_SESSION, value);
  }
  observe({ seen: 'deltaSession', uid });
  return readSessionBody(scanInput(value, limits), observe);
}

/** A session object that holds what `write` writes, spliced together from streams. Errors: those of splicing. */
export function spliceDeltaSession(
  dialect: Dialect,
  write: (output: SpliceOutput) => void,
  limits?: JavaLimits,
): Buffer {
  const output = spliceOutput(limits);
  output.writeExternal(descOfDialect(dialect), write);
  return output.toBuffer();
}

const descs = new WeakMap<Dialect, JavaClassDesc>();

function descOfDialect(dialect: Dialect): JavaClassDesc {
  const desc =
    descs.get(dialect) ?? externalDesc(ClassName.DELTA_SESSION, dialect.deltaSessionUid, STANDARD_SESSION);
  descs.set(dialect, desc);
  return desc;
}
