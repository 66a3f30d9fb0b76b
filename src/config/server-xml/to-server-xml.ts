import {
  INTERCEPTOR_PACKAGE,
  parseDomain,
  parseStaticMember,
  parseStaticMembers,
  parseUniqueId,
  staticMemberAttributes,
  type InterceptorSpec,
  type StaticMember,
} from '../../base/index.js';
import { settingsByName, type SettingName, type Settings } from '../settings-schema.js';
import { DEFAULT_CLASSES, tomcatClass } from './tomcat-classes.js';

const STATIC = 'org.apache.catalina.tribes.membership.StaticMembershipService';
const CLOUD = 'org.apache.catalina.tribes.membership.cloud.CloudMembershipService';

/** Attributes of the Membership that all members must have alike, or that say how the others are heard. */
const MEMBERSHIP = ['address', 'port', 'frequency', 'dropTime', 'domain', 'ttl', 'localLoopbackDisabled'];

/** Those that are written even where they have their defaults. */
const ALWAYS: ReadonlySet<string> = new Set(['address', 'port', 'frequency', 'dropTime']);

/** Of a Receiver and of a Transport. */
const UDP_BUFFERS = ['udpRxBufSize', 'udpTxBufSize'] as const;

/** Attributes that are secrets, and what stands in their place. */
const SECRETS: Readonly<Record<string, string>> = { encryptionKey: '${tribes.encryptionKey}' };

const LOCAL_MEMBER = '<!-- The Member that is this Tomcat itself is to be its LocalMember. -->';

/** The Cluster element with which a Tomcat joins this node. Keys are not in it: a property stands in their place. */
export function toServerXml(settings: Settings): string {
  const { membership, channel, cluster } = settings;
  return [
    element(
      'Cluster',
      DEFAULT_CLASSES['Cluster'],
      [attribute('channelSendOptions', cluster.channelSendOptions), ...startOptions(cluster)],
      [
        element('Manager', DEFAULT_CLASSES['Manager'], [
          attribute('expireSessionsOnShutdown', 'false'),
          attribute('notifyListenersOnReplication', 'true'),
        ]),
        element(
          'Channel',
          DEFAULT_CLASSES['Channel'],
          [],
          [
            membershipElement(settings),
            element('Receiver', DEFAULT_CLASSES['Receiver'], [
              attribute('address', membership.bind?.startsWith('127.') === true ? membership.bind : 'auto'),
              attribute('port', '4000'),
              attribute('autoBind', '100'),
              ...udpAttributes(settings),
            ]),
            element(
              'Sender',
              DEFAULT_CLASSES['Sender'],
              [],
              [
                element(
                  'Transport',
                  DEFAULT_CLASSES['Transport'],
                  UDP_BUFFERS.flatMap((name) => unlessDefault(name, `sender.${name}`, settings.sender[name])),
                ),
              ],
            ),
            ...channel.interceptors.map((spec) => interceptorElement(spec, settings)),
          ],
        ),
        element('Valve', 'org.apache.catalina.ha.tcp.ReplicationValve', [attribute('filter', '')]),
        element('Valve', 'org.apache.catalina.ha.session.JvmRouteBinderValve', []),
        element('ClusterListener', 'org.apache.catalina.ha.session.ClusterSessionListener', []),
      ],
    ),
    '',
  ].join('\n');
}

/** Where no membership is started, static members are all there are; else how the node alone hears and is heard is no affair of others. */
function startOptions({ channelStartOptions }: Settings['cluster']): string[] {
  return channelStartOptions === 3 ? [attribute('channelStartOptions', '3')] : [];
}

/** A Tomcat that takes UDP wherever this node does: what is sent by UDP is sent to all. */
function udpAttributes({ receiver }: Settings): string[] {
  if (receiver.udpPort < 0) {
    return [];
  }
  return [
    attribute('udpPort', String(receiver.udpPort === 0 ? 4000 : receiver.udpPort)),
    ...UDP_BUFFERS.flatMap((name) => unlessDefault(name, `receiver.${name}`, receiver[name])),
  ];
}

function unlessDefault(name: string, setting: SettingName, value: number): string[] {
  return String(value) === defaultOf(setting) ? [] : [attribute(name, String(value))];
}

/** Of several memberships, the one that Tomcats can have too: one of them. */
function membershipElement(settings: Settings): string {
  const { membership, staticMembership } = settings;
  const [type = 'multicast'] = membership.type;
  switch (type) {
    case 'multicast': {
      const bind = membership.bind?.startsWith('127.') === true ? [attribute('bind', membership.bind)] : [];
      const group = MEMBERSHIP.flatMap((name) => membershipAttribute(name, settings));
      return element('Membership', DEFAULT_CLASSES['Membership'], [...group, ...bind]);
    }
    case 'static':
      return [
        LOCAL_MEMBER,
        element('Membership', STATIC, [], staticMembership.members.map(parseStaticMember).map(memberElement)),
      ].join('\n');
    default:
      return element('Membership', CLOUD, [attribute('membershipProviderClassName', type)]);
  }
}

function memberElement(member: StaticMember): string {
  const attributes = [...staticMemberAttributes(member)].map(([name, value]) => attribute(name, value));
  return element('Member', DEFAULT_CLASSES['Member'], attributes);
}

function membershipAttribute(name: string, { membership }: Settings): string[] {
  const use = tomcatClass(DEFAULT_CLASSES['Membership'] ?? '')?.attributes[name];
  if (use?.kind !== 'setting') {
    return [];
  }
  const value = String(membership[use.setting.slice('membership.'.length) as keyof typeof membership] ?? '');
  return ALWAYS.has(name) || value !== defaultOf(use.setting) ? [attribute(name, value)] : [];
}

function defaultOf(name: SettingName): string | undefined {
  return settingsByName.get(name)?.defaultText;
}

function interceptorElement(spec: InterceptorSpec, settings: Settings): string {
  const { className, attributes = new Map<string, string>() } = spec;
  const name = className.includes('.') ? className : INTERCEPTOR_PACKAGE + className;
  const theirs = tomcatClass(name)?.attributes ?? {};
  const written = [...attributes]
    .filter(([key]) => Object.hasOwn(theirs, key))
    .map(([key, value]) => attribute(key, SECRETS[key] ?? value));
  const members = name.endsWith('.StaticMembershipInterceptor') ? membersOf(spec, settings) : [];
  const text = element('Interceptor', name, written, members.map(memberElement));
  return members.length === 0 ? text : `${LOCAL_MEMBER}\n${text}`;
}

/** Those of the list, and this node where the settings say where it is and which id it has. */
function membersOf({ attributes }: InterceptorSpec, { receiver, membership }: Settings): StaticMember[] {
  const members = parseStaticMembers(attributes?.get('members') ?? '');
  const { address: host, port } = receiver;
  const uniqueId = parseUniqueId(attributes?.get('uniqueId') ?? '');
  const isPlaced = !['auto', '0.0.0.0', '::'].includes(host) && port > 0;
  const others = members.filter((member) => member.host !== host || member.port !== port);
  if (!isPlaced || uniqueId === undefined || members.length === 0) {
    return [...members];
  }
  const domain = parseDomain(membership.domain);
  return [...others, { host, port, securePort: -1, udpPort: -1, uniqueId, domain }];
}

function attribute(name: string, value: string): string {
  return `${name}="${escaped(value)}"`;
}

/** Line ends and tabs would be read as blanks. */
function escaped(value: string): string {
  return value.replace(/[&<>"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function element(
  name: string,
  className: string | undefined,
  attributes: readonly string[],
  children: readonly string[] = [],
): string {
  const start = [
    `<${name}`,
    ...(className === undefined ? [] : [attribute('className', className)]),
    ...attributes,
  ];
  if (children.length === 0) {
    return `${start.join(' ')}/>`;
  }
  const inner = children.join('\n').replace(/^/gm, '  ');
  return `${start.join(' ')}>\n${inner}\n</${name}>`;
}
