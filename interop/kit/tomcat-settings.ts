import { fillTemplate } from './files.js';
import type { Application } from './web-application.js';

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** The multicast group that makes a cluster of its members. */
export interface Group {
  readonly address: string;
  readonly port: number;
  /** Milliseconds. Defaults 500 and 3000, as Tomcat's. */
  readonly frequency?: number;
  readonly dropTime?: number;
}

/** Where a member's receiver listens. */
export interface Endpoint {
  readonly address: string;
  readonly receiverPort: number;
}

/** An `<Interceptor>` with more than a name. */
export interface InterceptorElement {
  /** Without a package it is one of Tomcat's own. */
  readonly className: string;
  readonly attributes?: Attributes;
  /** Of a StaticMembershipInterceptor: the other members. Its LocalMember is the Tomcat itself. */
  readonly members?: readonly Endpoint[];
}

/** What a Tomcat's `<Cluster>` says. Class names without a package are Tomcat's own. */
export interface ClusterSettings {
  readonly group: Group;
  /** With these the members are found by a list, of these and the Tomcat itself, and not by multicast. */
  readonly staticMembers?: readonly Endpoint[];
  /** Which element holds the cluster. Default Engine. */
  readonly level?: 'Engine' | 'Host';
  /** Default 8, as Tomcat's. */
  readonly channelSendOptions?: number;
  /** What of the channel is started. Default all; 3 is without heartbeats, as with a StaticMembershipInterceptor. */
  readonly channelStartOptions?: number;
  /** The domain of the Tomcat and of all static members. Default none. */
  readonly domain?: string;
  /** Default DeltaManager. */
  readonly manager?: 'DeltaManager' | 'BackupManager';
  /** Further attributes of the Manager, such as `sendAllSessions: false`. */
  readonly managerAttributes?: Attributes;
  /** Class names of further Valves of the Host, such as ClusterSingleSignOn. */
  readonly hostValves?: readonly string[];
  /** The whole `<Cluster>`, in place of one made of all else that is said here. */
  readonly element?: (given: ClusterPlacement) => string;
  /** From the application down to the network, as in server.xml. Default TcpFailureDetector, MessageDispatchInterceptor. */
  readonly interceptors?: readonly (string | InterceptorElement)[];
}

/** Where a member of the cluster is to be found. */
export interface ClusterPlacement {
  readonly group: Group;
  readonly address: string;
  readonly receiverPort: number;
}

export interface ServerSettings {
  /** The address of connector, receiver and multicast interface. */
  readonly address: string;
  readonly httpPort: number;
  readonly receiverPort: number;
  readonly jvmRoute?: string;
  /** Seconds between two runs of what expires sessions (and more). Default 10, as Tomcat's. */
  readonly backgroundProcessorDelay?: number;
  readonly applications: readonly Application[];
  /** The folder that `buildApplications` made. */
  readonly documentBases: string;
  readonly cluster: ClusterSettings;
}

/** server.xml for these settings. */
export function serverXml(settings: ServerSettings): string {
  const level = settings.cluster.level ?? 'Engine';
  const cluster = clusterXml(settings);
  return fillTemplate('server.xml', {
    address: settings.address,
    'http.port': String(settings.httpPort),
    'engine.attributes':
      settings.jvmRoute === undefined ? '' : xmlAttributes({ jvmRoute: settings.jvmRoute }),
    'engine.cluster': level === 'Engine' ? cluster : '',
    'host.cluster': level === 'Host' ? cluster : '',
    'host.valves': (settings.cluster.hostValves ?? [])
      .map((className) => `        <Valve ${xmlAttributes({ className })}/>`)
      .join('\n'),
    contexts: settings.applications
      .map((application) => contextXml(application, settings.documentBases))
      .join('\n'),
  });
}

function clusterXml(settings: ServerSettings): string {
  const { cluster, address, receiverPort } = settings;
  const { group, element } = cluster;
  if (element !== undefined) {
    return element({ group, address, receiverPort });
  }
  const interceptors = cluster.interceptors ?? ['TcpFailureDetector', 'MessageDispatchInterceptor'];
  const { channelSendOptions = 8, channelStartOptions } = cluster;
  return fillTemplate('cluster.xml', {
    'cluster.attributes': xmlAttributes({
      channelSendOptions,
      ...(channelStartOptions !== undefined && { channelStartOptions }),
    }),
    'manager.attributes': xmlAttributes({
      className: `org.apache.catalina.ha.session.${cluster.manager ?? 'DeltaManager'}`,
      ...cluster.managerAttributes,
    }),
    membership:
      cluster.staticMembers === undefined
        ? multicastXml(settings)
        : staticXml(settings, cluster.staticMembers),
    'receiver.attributes': xmlAttributes({ address, port: receiverPort, autoBind: 1 }),
    interceptors: interceptors
      .map((interceptor) => (typeof interceptor === 'string' ? { className: interceptor } : interceptor))
      .map((interceptor) => interceptorXml(interceptor, settings))
      .join('\n'),
  });
}

const MEMBERSHIP = 'org.apache.catalina.tribes.membership';
const INTERCEPTORS = 'org.apache.catalina.tribes.group.interceptors';

function multicastXml({ cluster: { group, domain }, address }: ServerSettings): string {
  const attributes = xmlAttributes({
    className: `${MEMBERSHIP}.McastService`,
    address: group.address,
    port: group.port,
    frequency: group.frequency ?? 500,
    dropTime: group.dropTime ?? 3000,
    bind: address,
    ...(domain !== undefined && { domain }),
  });
  return `          <Membership ${attributes}/>`;
}

/** The members ask each other every second, since not all of them have all others in their lists. */
function staticXml(settings: ServerSettings, others: readonly Endpoint[]): string {
  const className = `${MEMBERSHIP}.StaticMembershipService`;
  return [
    `          <Membership ${xmlAttributes({ className, useThread: true })}>`,
    ...memberElements(settings, others),
    '          </Membership>',
  ].join('\n');
}

function interceptorXml(
  { className, attributes, members }: InterceptorElement,
  settings: ServerSettings,
): string {
  const qualified = className.includes('.') ? className : `${INTERCEPTORS}.${className}`;
  const head = `          <Interceptor ${xmlAttributes({ className: qualified, ...attributes })}`;
  return members === undefined
    ? `${head}/>`
    : [`${head}>`, ...memberElements(settings, members), '          </Interceptor>'].join('\n');
}

/** The Tomcat itself, and the others. */
function memberElements(settings: ServerSettings, others: readonly Endpoint[]): string[] {
  const { domain } = settings.cluster;
  const member = (element: string, endpoint: Endpoint): string => {
    const { address: host, receiverPort: port } = endpoint;
    const place = { host, port, uniqueId: staticUniqueId(endpoint), ...(domain !== undefined && { domain }) };
    return `            <${element} ${xmlAttributes({ className: `${MEMBERSHIP}.StaticMember`, ...place })}/>`;
  };
  return [member('LocalMember', settings), ...others.map((other) => member('Member', other))];
}

/** The id that a static member is given, which follows from its port: `{0,…,15,-96}`. */
export function staticUniqueId({ receiverPort }: Endpoint): string {
  const id = [...new Array<number>(14).fill(0), receiverPort >> 8, receiverPort & 0xff];
  return `{${id.map((byte) => (byte << 24) >> 24).join(',')}}`;
}

function contextXml(application: Application, documentBases: string): string {
  const attributes = xmlAttributes({
    ...(application.version === undefined
      ? {}
      : { name: `${application.path}##${application.version}`, webappVersion: application.version }),
    path: application.path,
    docBase: `${documentBases}/${application.kind}`,
    privileged: true,
    ...(application.className === undefined ? {} : { className: application.className }),
    ...(application.crossContext === undefined ? {} : { crossContext: application.crossContext }),
  });
  return `        <Context ${attributes}/>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '"': '&quot;' };

function xmlAttributes(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name}="${String(value).replace(/[&<"]/g, (char) => ENTITIES[char] ?? char)}"`)
    .join(' ');
}
