import { isIP } from 'node:net';
import type { InterceptorSpec } from '../../base/index.js';
import { formatInterceptors } from '../interceptor-text.js';
import { didYouMean } from '../nearest.js';
import type { SettingText } from '../origin.js';
import { settingsByName, type SettingName } from '../settings-schema.js';
import { staticMemberText } from './static-member-text.js';
import {
  DEFAULT_CLASSES,
  TOMCAT_CLASSES,
  tomcatClass,
  type AttributeUse,
  type TomcatClass,
} from './tomcat-classes.js';
import type { XmlAttribute, XmlElement } from './xml-element.js';

export interface ClusterReading {
  readonly settings: readonly SettingText[];
  /** What the node does not honour, and what Tomcat itself would not, one line each. */
  readonly warnings: readonly string[];
}

export interface ClusterReaderParts {
  /** Name of the file, for people. */
  readonly file: string;
  /** The value of an attribute with its properties. */
  readonly expand: (attribute: XmlAttribute) => string;
  /** Addresses of this host. */
  readonly localAddresses: ReadonlySet<string>;
}

/** Elements in a Cluster, and how often each counts. */
const ELEMENTS: Readonly<Record<string, readonly string[]>> = {
  Cluster: ['Manager', 'Channel', 'Valve', 'ClusterListener', 'Listener', 'Deployer'],
  Channel: ['Membership', 'Sender', 'Receiver', 'Interceptor', 'ChannelListener', 'MembershipListener'],
  Sender: ['Transport'],
  Membership: ['LocalMember', 'Member'],
  Interceptor: ['LocalMember', 'Member', 'Property'],
  Manager: ['SessionIdGenerator'],
};

/** Settings that are addresses of the host that the file was written for. */
const OWN_ADDRESSES: ReadonlySet<SettingName> = new Set(['receiver.address', 'membership.bind']);

/** Reads a Cluster element: what it sets, and what it asks for in vain. */
export class ClusterReader {
  readonly #parts: ClusterReaderParts;
  readonly #settings: SettingText[] = [];
  readonly #interceptors: InterceptorSpec[] = [];
  readonly #warnings: string[] = [];
  /** Where the Tomcat that the file is of takes messages; empty where the file does not say it. */
  #receiver = { host: '', port: '' };

  constructor(parts: ClusterReaderParts) {
    this.#parts = parts;
  }

  read(cluster: XmlElement): ClusterReading {
    const channel = cluster.children.find(({ name }) => name === 'Channel');
    this.#receiver = this.#placeOf(channel?.children.find(({ name }) => name === 'Receiver'));
    this.#element(cluster);
    if (this.#interceptors.length > 0 && channel !== undefined) {
      this.#set(
        'channel.interceptors',
        formatInterceptors(this.#interceptors),
        channel.line,
        '<Interceptor>',
      );
    }
    return { settings: this.#settings, warnings: this.#warnings };
  }

  #placeOf(receiver: XmlElement | undefined): { host: string; port: string } {
    const address = receiver?.attributes.get('address') ?? receiver?.attributes.get('host');
    const port = receiver?.attributes.get('port');
    const host = address === undefined ? '' : this.#parts.expand(address);
    return {
      host: host === 'auto' ? '' : host,
      port: port === undefined ? '4000' : this.#parts.expand(port),
    };
  }

  #element(element: XmlElement): void {
    if (element.name === 'Member' || element.name === 'LocalMember') {
      return;
    }
    const known = this.#classOf(element);
    if (known !== undefined) {
      if (known.missing !== undefined) {
        this.#warn(element.line, `<${element.name}> ${simpleName(known.name)}: ${known.missing}`);
      }
      if (known.sets !== undefined) {
        this.#set(...known.sets, element.line, `<${element.name} className>`);
      }
      this.#attributes(element, known);
    }
    if (element.name === 'Membership' && known?.sets?.[1] === 'static') {
      this.#staticMembers(element);
    }
    for (const child of element.children) {
      if (ELEMENTS[element.name]?.includes(child.name) === true) {
        this.#element(child);
      } else {
        const suggestion = didYouMean(child.name, ELEMENTS[element.name] ?? []);
        this.#warn(
          child.line,
          `<${child.name}> in <${element.name}> is nothing that Tomcat reads${suggestion}`,
        );
      }
    }
  }

  /** Class names that this node does not know are those of others: they may say anything to each other. */
  #classOf({ name: element, attributes, line }: XmlElement): TomcatClass | undefined {
    const misspelt = [...attributes.keys()].find(
      (name) => name !== 'className' && name.toLowerCase() === 'classname',
    );
    if (misspelt !== undefined) {
      this.#warn(
        line,
        `<${element} ${misspelt}>: Tomcat knows no such attribute, and is here taken for className`,
      );
    }
    const written = attributes.get('className') ?? attributes.get(misspelt ?? 'className');
    const name = written === undefined ? DEFAULT_CLASSES[element] : this.#parts.expand(written);
    if (name === undefined) {
      this.#warn(
        line,
        `<${element}> names no class: Tomcat does not start with it, and nothing is made of it here`,
      );
      return undefined;
    }
    const known = tomcatClass(name);
    if (known === undefined && TOMCAT_CLASSES.some((candidate) => candidate.element === element)) {
      const names = TOMCAT_CLASSES.map((candidate) => candidate.name);
      this.#warn(
        line,
        `<${element} className="${name}">: this node has nothing for it${didYouMean(name, names)}`,
      );
    }
    return known;
  }

  #attributes(element: XmlElement, known: TomcatClass): void {
    const passed = new Map<string, string>();
    for (const [name, attribute] of element.attributes) {
      if (name.toLowerCase() === 'classname') {
        continue;
      }
      const use = Object.hasOwn(known.attributes, name) ? known.attributes[name] : undefined;
      if (use === undefined) {
        const suggestion = didYouMean(name, Object.keys(known.attributes));
        const what = `<${element.name} ${name}>: ${simpleName(known.name)} has no such attribute, and Tomcat ignores it`;
        this.#warn(attribute.line, what + suggestion);
      } else if (use.kind === 'interceptor' || use.kind === 'member') {
        passed.set(name, this.#parts.expand(attribute));
      } else {
        this.#use(element, name, attribute, use);
      }
    }
    if (element.name === 'Interceptor') {
      const className = simpleName(known.name);
      const members = className === 'StaticMembershipInterceptor' ? this.#members(element) : '';
      if (members !== '') {
        passed.set('members', members);
      }
      const local = element.children.find(({ name }) => name === 'LocalMember');
      const uniqueId = local?.attributes.get('uniqueId');
      if (uniqueId !== undefined && className === 'StaticMembershipInterceptor') {
        passed.set('uniqueId', this.#parts.expand(uniqueId));
      }
      this.#domainOf(local);
      this.#interceptors.push(passed.size === 0 ? { className } : { className, attributes: passed });
    }
  }

  /** Of the Tomcat that the file is of, and so of the node: a DomainFilterInterceptor lets nobody of another one in. */
  #domainOf(localMember: XmlElement | undefined): void {
    const domain = localMember?.attributes.get('domain');
    if (domain !== undefined) {
      this.#setting('membership.domain', this.#parts.expand(domain), domain.line, '<LocalMember domain>');
    }
  }

  /** The LocalMember is the Tomcat that the file is of: for the node, one of the others, where its Receiver is. */
  #staticMembers({ children, line }: XmlElement): void {
    this.#domainOf(children.find(({ name }) => name === 'LocalMember'));
    const members: string[] = [];
    for (const child of children) {
      const value = (name: string): string => {
        const attribute = child.attributes.get(name);
        return attribute === undefined ? '' : this.#parts.expand(attribute);
      };
      const isLocal = child.name === 'LocalMember';
      const host = value('host') || (isLocal ? this.#receiver.host : '');
      const port = value('port') || (isLocal ? this.#receiver.port : '');
      if (host === '' || port === '') {
        this.#warn(
          child.line,
          `<${child.name}> cannot be honoured: it says no host or port, so the node does not look for that member; --staticMembership.members can`,
        );
        continue;
      }
      const details = ['uniqueId', 'domain', 'securePort', 'udpPort']
        .filter((name) => value(name) !== '')
        .map((name) => `;${name}=${value(name)}`);
      members.push(`${host.includes(':') ? `[${host}]` : host}:${port}${details.join('')}`);
    }
    this.#setting('staticMembership.members', members.join(','), line, '<Member>');
  }

  /** Those of a StaticMembershipInterceptor, as its attribute has them. */
  #members(element: XmlElement): string {
    const texts: string[] = [];
    for (const { name, attributes, line } of element.children) {
      if (name === 'Member') {
        const values = new Map(
          [...attributes].map(([key, attribute]) => [key, this.#parts.expand(attribute)]),
        );
        const text = staticMemberText(values);
        const why = 'it needs an address for host, a port, and a uniqueId of sixteen bytes, if any';
        if (text === undefined) {
          this.#warn(line, `<Member> cannot be honoured: ${why}`);
        } else {
          texts.push(text);
        }
      }
    }
    return texts.join(' ');
  }

  #use(
    element: XmlElement,
    name: string,
    attribute: XmlAttribute,
    use: Exclude<AttributeUse, { kind: 'interceptor' | 'member' }>,
  ): void {
    const at = `<${element.name} ${name}>`;
    const value = this.#parts.expand(attribute);
    switch (use.kind) {
      case 'setting':
        this.#setting(use.setting, use.values?.[value] ?? value, attribute.line, at);
        break;
      case 'none':
        this.#warn(attribute.line, `${at} has no effect here: ${use.why}`);
        break;
      case 'missing':
        if (value !== use.unless) {
          this.#warn(attribute.line, `${at} cannot be honoured: ${use.what}`);
        }
        break;
      case 'tomcat':
    }
  }

  #setting(setting: SettingName, value: string, line: number, at: string): void {
    const { localAddresses } = this.#parts;
    if (OWN_ADDRESSES.has(setting) && isIP(value) !== 0 && !localAddresses.has(value) && !isAny(value)) {
      const why = `${value} is no address of this host; the node uses what it would use without it`;
      this.#warn(line, `${at} cannot be honoured: ${why}`);
      return;
    }
    const known = settingsByName.get(setting);
    if (known?.type.safeParse(value).success === true) {
      this.#set(setting, value, line, at);
    } else {
      const why = `${setting} must be ${known?.allowed ?? ''}; it stays as it would be without`;
      this.#warn(line, `${at} cannot be honoured: it is "${value}", and ${why}`);
    }
  }

  #set(name: SettingName, text: string, line: number, at: string): void {
    const origin = { kind: 'server.xml', place: `${this.#parts.file}:${line} ${at}` } as const;
    this.#settings.push({ name, text, origin });
  }

  #warn(line: number, what: string): void {
    this.#warnings.push(`${this.#parts.file}:${line} ${what}`);
  }
}

function simpleName(className: string): string {
  return className.slice(className.lastIndexOf('.') + 1);
}

function isAny(address: string): boolean {
  return address === '0.0.0.0' || address === '::' || address.startsWith('127.');
}
