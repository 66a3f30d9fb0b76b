import { formatStaticMember, messageOf } from '../../base/index.js';
import { didYouMean } from '../nearest.js';
import type { TomcatClass } from './tomcat-classes.js';
import type { XmlAttribute, XmlElement } from './xml-element.js';

/** Where a receiver takes messages; empty where the file does not say it. */
export interface ReceiverPlace {
  readonly host: string;
  readonly port: string;
}

export interface MemberElementsParts {
  /** The value of an attribute with its properties. */
  readonly expand: (attribute: XmlAttribute) => string;
  readonly warn: (line: number, what: string) => void;
}

/** Reads the `<Member>` and `<LocalMember>` of a list. What cannot be read is warned of. */
export class MemberElements {
  readonly #parts: MemberElementsParts;

  constructor(parts: MemberElementsParts) {
    this.#parts = parts;
  }

  /** What a StaticMembershipInterceptor has of them, as its attributes here: `members` and `uniqueId`. */
  ofInterceptor({ children }: XmlElement): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    const texts = children.filter(({ name }) => name === 'Member').map((child) => this.#text(child));
    const members = texts.filter((text) => text !== undefined).join(' ');
    if (members !== '') {
      found.set('members', members);
    }
    const local = children.find(({ name }) => name === 'LocalMember');
    const id = local === undefined ? undefined : this.#values(local).get('uniqueId');
    if (id !== undefined) {
      found.set('uniqueId', id);
    }
    return found;
  }

  /**
   * Those of a StaticMembershipService as `staticMembership.members`. The LocalMember is the Tomcat that the file is of: for the
   * node, one of the others, where its Receiver is.
   */
  ofMembership({ children }: XmlElement, receiver: ReceiverPlace): string {
    const members = children.filter(({ name }) => name === 'Member' || name === 'LocalMember');
    return members
      .map((child) => this.#text(child, child.name === 'LocalMember' ? receiver : undefined))
      .filter((text) => text !== undefined)
      .join(',');
  }

  #text(element: XmlElement, place: ReceiverPlace = { host: '', port: '' }): string | undefined {
    const values = this.#values(element);
    const host = values.get('host') ?? place.host;
    const port = values.get('port') ?? place.port;
    let why = 'it says no host or port';
    if (host !== '' && port !== '') {
      try {
        return formatStaticMember(new Map([...values, ['host', host], ['port', port]]));
      } catch (error) {
        why = messageOf(error);
      }
    }
    const what = `<${element.name}> cannot be honoured: ${why}, so the node does not look for that member`;
    this.#parts.warn(element.line, what);
    return undefined;
  }

  /** Those that say something. */
  #values({ attributes }: XmlElement): ReadonlyMap<string, string> {
    return new Map(
      [...attributes]
        .map(([name, attribute]) => [name, this.#parts.expand(attribute).trim()] as const)
        .filter(([, value]) => value !== ''),
    );
  }
}

/** What is wrong with an attribute that the class does not have. */
export function unknownAttribute(element: string, name: string, known: TomcatClass): string {
  const className = known.name.slice(known.name.lastIndexOf('.') + 1);
  const suggestion = didYouMean(name, Object.keys(known.attributes));
  return `<${element} ${name}>: ${className} has no such attribute, and Tomcat ignores it${suggestion}`;
}
