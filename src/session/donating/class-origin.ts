import type { ServletPackage } from '../../wire/index.js';

/** Packages of the JDK below `javax`; the others there are of Java EE, and come with an application or its container. */
const JDK_EXTENSIONS = new Set([
  'accessibility',
  'crypto',
  'imageio',
  'management',
  'naming',
  'net',
  'print',
  'script',
  'security',
  'sound',
  'sql',
  'swing',
  'xml',
]);

/** Parts of those packages that are of Java EE. */
const NOT_IN_THE_JDK = [
  'javax.security.auth.message.',
  'javax.security.jacc.',
  'javax.xml.bind.',
  'javax.xml.ws.',
];

/** What Tomcat itself puts into a session, in all releases; and what a GregorianCalendar is written with. */
const KNOWN_EVERYWHERE = new Set([
  'org.apache.catalina.realm.GenericPrincipal$SerializablePrincipal',
  'org.apache.catalina.ha.session.SerializablePrincipal',
  'org.apache.catalina.ha.authenticator.ClusterSingleSignOnListener',
  'org.apache.catalina.authenticator.SingleSignOnListener',
  'sun.util.calendar.ZoneInfo',
]);

/** The interfaces that a Tomcat has in one of two packages, by its line, with the same names below. */
const SERVLET_API = /^(javax|jakarta)\.(?:servlet|el|websocket|security\.auth\.message)\./;

const EXTENSION = /^javax\.([a-z]+)\./;

/** Whether every Tomcat has the class, whatever its applications: one of the JDK, or Tomcat's own. */
export function isKnownEverywhere(name: string): boolean {
  if (name.startsWith('java.') || name.length === 1) {
    return true; // of one letter: a primitive type
  }
  const extension = EXTENSION.exec(name)?.[1];
  return extension === undefined
    ? KNOWN_EVERYWHERE.has(name)
    : JDK_EXTENSIONS.has(extension) && !NOT_IN_THE_JDK.some((prefix) => name.startsWith(prefix));
}

/** Which Tomcats have the class at all; null for one that is not of the servlet API. */
export function servletPackageOf(name: string): ServletPackage | null {
  return (SERVLET_API.exec(name)?.[1] ?? null) as ServletPackage | null;
}
