export { APP, Cluster, type ClusterComparison, type TomcatPlan } from './cluster.js';
export type { Dump, DumpedAttribute, DumpedSession } from './dump.js';
export {
  Browser,
  exchange,
  getJson,
  HttpStatusError,
  type HttpRequest,
  type HttpResponse,
} from './http-client.js';
export {
  findJdk,
  findTomcat,
  missingInstallation,
  NotInstalledError,
  type Jdk,
  type TomcatInstallation,
  type TomcatVersion,
} from './installation.js';
export { MirrorNode, type Member, type MirrorContext, type MirroredSession } from './mirror-node.js';
export { LoopbackNetwork, NamespaceNetwork, type Host, type Network } from './network.js';
export { compareSessions, type Comparison } from './session-comparison.js';
export { SupervisedProcess } from './supervised-process.js';
export { Tomcat, type TomcatOptions } from './tomcat.js';
export { troubles, type Expected, type LogRecord } from './tomcat-log.js';
export { serverXml, type ClusterSettings, type Group, type ServerSettings } from './tomcat-settings.js';
export { viewDifference } from './view-comparison.js';
export { Visitor, type Visit } from './visitor.js';
export { bounded, eventually, TimeoutError } from './wait.js';
export { buildApplications, contextName, type Application, type ApplicationKind } from './web-application.js';
