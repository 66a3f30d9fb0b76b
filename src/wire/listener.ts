import { descOf, type JavaObject, type JavaValue } from '../java/index.js';
import { ClassName } from './class-names.js';
import { derivedObject, javaStringOrNull } from './java-build.js';
import { expectObject, JavaFields } from './java-fields.js';

/**
 * `org.apache.catalina.ha.authenticator.ClusterSingleSignOnListener`, the one replicated session listener of Tomcat: it
 * ties a session to a single sign-on.
 */
export interface SingleSignOnListener {
  readonly ssoId: string | null;
}

const LAYOUT = 'ClusterSingleSignOnListener';
const SUPER = descOf({
  name: ClassName.SINGLE_SIGN_ON_LISTENER,
  suid: 1n,
  fields: ['Ljava/lang/String; ssoId'],
});
const DESC = descOf({ name: ClassName.CLUSTER_SINGLE_SIGN_ON_LISTENER, suid: 1n, super: SUPER });

/** Errors: TRIBES_E_WIRE_CLASS, TRIBES_E_WIRE_FIELD. */
export function singleSignOnListenerOf(value: JavaValue): SingleSignOnListener {
  const object = expectObject(LAYOUT, value, ClassName.CLUSTER_SINGLE_SIGN_ON_LISTENER);
  return { ssoId: new JavaFields(LAYOUT, object, ClassName.SINGLE_SIGN_ON_LISTENER).string('ssoId') };
}

export function singleSignOnListenerObject({ ssoId }: SingleSignOnListener): JavaObject {
  return derivedObject(DESC, [], SUPER, [javaStringOrNull(ssoId)]);
}
