import { DOMParser, type Element } from '@xmldom/xmldom';
import { TribesError, messageOf } from '../../base/index.js';

/** An element of a configuration; comments and text mean nothing there. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, XmlAttribute>;
  readonly children: readonly XmlElement[];
  readonly line: number;
}

export interface XmlAttribute {
  readonly value: string;
  readonly line: number;
}

/** How deep the elements of a configuration nest at most: Server, Service, Engine, Host, Context, Cluster, Channel, Interceptor, Member. */
const MAX_DEPTH = 100;

/**
 * Reads XML. Documents with a DOCTYPE are refused: it could name files and addresses to be read.
 *
 * @param file its name, for errors.
 * Errors: TRIBES_E_SERVER_XML_SYNTAX.
 */
export function readXml(text: string, file: string): XmlElement {
  const error = (line: number | undefined, reason: string): TribesError =>
    new TribesError('TRIBES_E_SERVER_XML_SYNTAX', {
      origin: line === undefined ? file : `${file}:${line}`,
      reason,
    });
  if (/^(?:\s|<\?[^]*?\?>|<!--[^]*?-->)*<!DOCTYPE/i.test(text)) {
    throw error(undefined, 'it has a DOCTYPE, which is not read');
  }
  let line: number | undefined;
  try {
    const parser = new DOMParser({
      locator: true,
      onError: (_, reason, context: { locator?: { lineNumber?: number } } | undefined) => {
        line = context?.locator?.lineNumber;
        throw new Error(reason);
      },
    });
    const { documentElement } = parser.parseFromString(text, 'text/xml');
    if (documentElement === null) {
      throw new Error('there is no element in it');
    }
    return elementOf(documentElement, 1);
  } catch (failure) {
    throw error(line, messageOf(failure));
  }
}

function elementOf(element: Element, depth: number): XmlElement {
  if (depth > MAX_DEPTH) {
    throw new Error(`its elements nest deeper than ${MAX_DEPTH}`);
  }
  const attributes = [...element.attributes].map(
    ({ name, value, lineNumber }) => [name, { value, line: lineNumber ?? 0 }] as const,
  );
  const children: XmlElement[] = [];
  for (let child = element.firstChild; child !== null; child = child.nextSibling) {
    if (child.nodeType === child.ELEMENT_NODE) {
      children.push(elementOf(child as Element, depth + 1));
    }
  }
  return { name: element.tagName, attributes: new Map(attributes), children, line: element.lineNumber ?? 0 };
}
