import type { JavaValue } from '../java/index.js';
import { ClassName } from './class-names.js';
import { ignoreDialect, type DialectObserver } from './dialect.js';
import { expectObject, JavaFields } from './java-fields.js';
import { JavaMemberReader, type JavaMember } from './java-member.js';

/** One block of a web application that FarmWarDeployer sends: `org.apache.catalina.ha.deploy.FileMessage`. */
export interface FileMessage {
  /** Chosen by the sender: no path to be trusted. */
  readonly fileName: string | null;
  readonly contextName: string | null;
  /** From 1. */
  readonly messageNumber: number;
  readonly totalNrOfMsgs: bigint;
  /** The first `dataLength` bytes of the 10240 that are sent. */
  readonly data: Buffer | null;
  readonly dataLength: number;
}

/** `org.apache.catalina.ha.deploy.UndeployMessage`. */
export interface UndeployMessage {
  readonly contextName: string | null;
  /** `Undeploy:<context>:<epoch milliseconds>`. */
  readonly uniqueId: string | null;
  readonly timestamp: bigint;
  readonly address: JavaMember | null;
}

/** Errors: TRIBES_E_WIRE_CLASS, TRIBES_E_WIRE_FIELD. */
export function fileMessageOf(value: JavaValue): FileMessage {
  const layout = 'FileMessage';
  const fields = new JavaFields(
    layout,
    expectObject(layout, value, ClassName.FILE_MESSAGE),
    ClassName.FILE_MESSAGE,
  );
  return {
    fileName: fields.string('fileName'),
    contextName: fields.string('contextName'),
    messageNumber: fields.int('messageNumber'),
    totalNrOfMsgs: fields.long('totalNrOfMsgs'),
    data: fields.bytes('data'),
    dataLength: fields.int('dataLength'),
  };
}

/** Errors: TRIBES_E_WIRE_CLASS, TRIBES_E_WIRE_FIELD, and those of the member. */
export function undeployMessageOf(
  value: JavaValue,
  observe: DialectObserver = ignoreDialect,
): UndeployMessage {
  const layout = 'UndeployMessage';
  const object = expectObject(layout, value, ClassName.UNDEPLOY_MESSAGE);
  const fields = new JavaFields(layout, object, ClassName.UNDEPLOY_MESSAGE);
  return {
    contextName: fields.string('contextName'),
    uniqueId: fields.string('uniqueId'),
    timestamp: fields.long('timestamp'),
    address: new JavaMemberReader(observe).read(fields.object('address')),
  };
}
