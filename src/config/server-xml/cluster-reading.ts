import { isIP } from 'node:net';
import type { InterceptorSpec } from '../../base/index.js';
import { formatInterceptors } from '../interceptor-text.js';
import { didYouMean } from '../nearest.js';
import type { SettingText } from '../origin.js';
import { settingsByName, type SettingName } from '../settings-schema.js';
import { MemberElements, unknownAttribute, type ReceiverPlace } from './member-elements.js';
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
  readonly #members: MemberElements;
  /** Of the Tomcat that the file is of. */
  #receiver: ReceiverPlace = { host: '', port: '' };

  constructor(parts: ClusterReaderParts) {
    this.#parts = parts;
    const { expand } = parts;
    this.#members = new MemberElements({ expand, warn: (line, what) => this.#warn(line, what) });
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

  #placeOf(receiver: XmlElement | undefined): ReceiverPlace {
    const address = receiver?.attributes.get('address') ?? receiver?.attributes.get('host');
    const port = receiver?.attributes.get('port');
    const host = address === undefined ? '' : this.#parts.expand(address);
    return {
      host: host === 'auto' ? '' : host,
      port: port === undefined ? '4000' : this.#parts.expand(port),
    };
  }

  #element(element: XmlElement): void {
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
      this.#domainOfLocalMember(element);
      const text = this.#members.ofMembership(element, this.#receiver);
      this.#setting('staticMembership.members', text, element.line, '<Member>');
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
        this.#warn(attribute.line, unknownAttribute(element.name, name, known));
      } else if (use.kind === 'interceptor') {
        passed.set(name, this.#parts.expand(attribute));
      } else if (use.kind !== 'member') {
        this.#use(element, name, attribute, use);
      }
    }
    if (element.name === 'Interceptor') {
      const className = simpleName(known.name);
      if (className === 'StaticMembershipInterceptor') {
        this.#members.ofInterceptor(element).forEach((value, name) => passed.set(name, value));
        this.#domainOfLocalMember(element);
      }
      this.#interceptors.push(passed.size === 0 ? { className } : { className, attributes: passed });
    }
  }

  /** Of the Tomcat that the file is of, and so of the node: a DomainFilterInterceptor lets nobody of another one in. */
  #domainOfLocalMember({ children }: XmlElement): void {
    const domain = children.find(({ name }) => name === 'LocalMember')?.attributes.get('domain');
    if (domain !== undefined) {
      this.#setting('membership.domain', this.#parts.expand(domain), domain.line, '<LocalMember domain>');
    }
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
