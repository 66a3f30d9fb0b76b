import type { InterceptorSpec } from '../base/index.js';

/** A value without quotes: no comma nor parenthesis, or else a list of bytes, `{1,2,-4}`. */
const ITEM = /\s*([\w$.]+)\s*(?:\(((?:[^()"{}]|\{[^{}"]*\}|"(?:[^"\\]|\\["\\])*")*)\)\s*)?(?:,|$)/y;
const ATTRIBUTE = /\s*([\w$]+)\s*=\s*(?:"((?:[^"\\]|\\["\\])*)"|(\{[^{}"]*\}|[^,"{}]*?))\s*(?:,|$)/y;

/**
 * Interceptors as one text: `TcpFailureDetector(connectTimeout=500, performReadTest=true), GzipInterceptor`. A value with a comma, a
 * parenthesis or a quote stands in quotes, with `\"` and `\\` for these two; a list of bytes in braces does without.
 * Undefined for what is no such text; the empty text is the empty list.
 */
export function parseInterceptors(text: string): InterceptorSpec[] | undefined {
  if (text.trim() === '') {
    return [];
  }
  const specs: InterceptorSpec[] = [];
  for (const [, className = '', inner] of matches(ITEM, text) ?? []) {
    const attributes = inner === undefined ? new Map<string, string>() : parseAttributes(inner);
    if (attributes === undefined) {
      return undefined;
    }
    specs.push(attributes.size === 0 ? { className } : { className, attributes });
  }
  return specs.length === 0 ? undefined : specs;
}

/** What `parseInterceptors` reads. */
export function formatInterceptors(specs: readonly InterceptorSpec[]): string {
  return specs.map(formatInterceptor).join(', ');
}

/** `text` without the values of attributes that are keys, whether or not it can be read. */
export function withoutKeys(text: string): string {
  return text.replace(/(key\w*"?\s*[=:]\s*)("(?:[^"\\]|\\.)*"?|[^\s,()]+)/gi, '$1…');
}

function formatInterceptor({ className, attributes = new Map<string, string>() }: InterceptorSpec): string {
  const written = [...attributes].map(([name, value]) => `${name}=${formatValue(value)}`);
  return written.length === 0 ? className : `${className}(${written.join(', ')})`;
}

function formatValue(value: string): string {
  return /^(?:[\w./:-]+|\{[^{}"]*\})$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

function parseAttributes(text: string): Map<string, string> | undefined {
  if (text.trim() === '') {
    return new Map();
  }
  const found = matches(ATTRIBUTE, text);
  if (found === undefined) {
    return undefined;
  }
  const attributes = new Map<string, string>();
  for (const [, name = '', quoted, bare = ''] of found) {
    if (attributes.has(name)) {
      return undefined;
    }
    attributes.set(name, quoted?.replace(/\\(["\\])/g, '$1') ?? bare);
  }
  return attributes;
}

/** The matches of `pattern` that make up the whole of `text`, commas between them; undefined if there is anything else. */
function matches(pattern: RegExp, text: string): RegExpExecArray[] | undefined {
  const found: RegExpExecArray[] = [];
  pattern.lastIndex = 0;
  let endsWithComma = true;
  while (endsWithComma) {
    const match = pattern.exec(text);
    if (match === null) {
      return undefined;
    }
    found.push(match);
    endsWithComma = match[0].endsWith(',');
  }
  return found;
}
