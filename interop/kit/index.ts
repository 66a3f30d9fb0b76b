export { AcknowledgedWriter, type AcknowledgedWriterOptions } from './acknowledged-writer.js';
export { Cluster, type ClusterComparison } from './cluster.js';
export { ClusterMember, type MemberIdentity } from './cluster-member.js';
export { ComposePlace, missingInContainers } from './compose-place.js';
export { Consumer } from './consumer.js';
export { DemoProgram, missingDemos, type DemoOptions } from './demo-program.js';
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
export {
  MirrorNode,
  type MapPlace,
  type Member,
  type MirrorContext,
  type MirroredSession,
  type ServedState,
} from './mirror-node.js';
export { libraryProgram, type LibraryPlace, type LibraryProgram } from './library-page.js';
export { localNode, type LocalNodeOptions } from './local-node.js';
export { Load, type LoadOptions } from './load.js';
export { LoadCounter, loadMessage, parseTallies, type Tally } from './load-messages.js';
export { LoadBalancer, missingLoadBalancer } from './load-balancer.js';
export { APP, LocalPlace } from './local-place.js';
export { localTomcat, type LocalTomcatOptions } from './local-tomcat.js';
export { JavaPeer, type JavaPeerOptions } from './java-peer.js';
export { MapPeer, type MapPeerOptions } from './map-peer.js';
export { LoopbackNetwork, NamespaceNetwork, type Host, type Link, type Network } from './network.js';
export type { BalancerOptions, NodeFlags, Place, TomcatPlan } from './place.js';
export { freeTcpPort, freeTcpPortNextTo } from './ports.js';
export type { ClusterPlacement } from './tomcat-settings.js';
export { LocalRuntime, type Runtime } from './runtime.js';
export { compareSessions, type Comparison } from './session-comparison.js';
export { compareStreams, type StreamComparison } from './stream-comparison.js';
export { SupervisedProcess } from './supervised-process.js';
export { Tomcat, type TomcatIdentity } from './tomcat.js';
export { troubles, type Expected, type LogRecord } from './tomcat-log.js';
export {
  serverXml,
  staticUniqueId,
  type ClusterSettings,
  type Endpoint,
  type Group,
  type InterceptorElement,
  type ServerSettings,
} from './tomcat-settings.js';
export { UserHistory, type UserAnswer, type UserRequest } from './user-history.js';
export { missingScreen, VirtualScreen } from './virtual-screen.js';
export { viewDifference } from './view-comparison.js';
export { Visitor, type Server, type Visit } from './visitor.js';
export { bounded, eventually, TimeoutError } from './wait.js';
export { WriteLedger } from './write-ledger.js';
export { buildApplications, type Application, type ApplicationKind } from './web-application.js';
