import type { FastifyInstance, FastifyRequest } from 'fastify';
import { TribesError } from '../base/index.js';
import {
  JsonNumber,
  jsonValue,
  readJson,
  writeStream,
  type JsonForm,
  type JsonMembers,
  type JsonNode,
} from '../java/index.js';

/** Content types of what is written: how the body stands for Java values. */
export const MEDIA_TYPES = {
  /** Plain JSON. */
  JSON: 'application/json',
  /** JSON in which every object names its class. */
  TYPED: 'application/vnd.tomcat-tribes.typed+json',
  /** A Java stream of one object. */
  JAVA: 'application/x-java-serialized-object',
} as const;

/** Bodies of these types arrive as bytes; others are refused. */
export function takeBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(Object.values(MEDIA_TYPES), { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
}

/**
 * The value of a body as a Java stream. Errors: TRIBES_E_API_MEDIA_TYPE, TRIBES_E_WRITE_JSON, TRIBES_E_WRITE_VALUE,
 * TRIBES_E_WRITE_CLASS.
 */
export function streamOfBody(request: FastifyRequest, maxDepth: number): Buffer {
  const bytes = bytesOf(request);
  if (typeOf(request) === MEDIA_TYPES.JAVA) {
    return bytes;
  }
  return streamOf(readJson(textOf(bytes), maxDepth), formOf(request));
}

/** What a body of members says of a session. */
export interface SessionBody {
  readonly set: ReadonlyMap<string, Buffer>;
  readonly remove: readonly string[];
  readonly maxInactiveInterval?: number;
  readonly jvmRoute?: string;
}

type Member = 'set' | 'attributes' | 'remove' | 'maxInactiveInterval' | 'jvmRoute';

/** The members `known` of a body that is a JSON object. Errors: TRIBES_E_API_BODY, and those of `streamOfBody`. */
export function membersOfBody(
  request: FastifyRequest,
  known: readonly Member[],
  maxDepth: number,
): SessionBody {
  const form = formOf(request);
  const body = readJson(textOf(bytesOf(request)), maxDepth + 2);
  if (!isMembers(body)) {
    throw wrong('is no JSON object');
  }
  for (const name of body.keys()) {
    if (!(known as readonly string[]).includes(name)) {
      throw wrong(`has an unknown member; there are ${known.join(', ')}`);
    }
  }
  const maxInactiveInterval = body.get('maxInactiveInterval');
  const jvmRoute = body.get('jvmRoute');
  return {
    set: attributesOf(body.get('attributes') ?? body.get('set'), form),
    remove: namesOf(body.get('remove')),
    ...(maxInactiveInterval !== undefined && { maxInactiveInterval: secondsOf(maxInactiveInterval) }),
    ...(jvmRoute !== undefined && { jvmRoute: routeOf(jvmRoute) }),
  };
}

function attributesOf(json: JsonNode | undefined, form: JsonForm): ReadonlyMap<string, Buffer> {
  if (json === undefined) {
    return new Map();
  }
  if (!isMembers(json)) {
    throw wrong('has attributes that are no JSON object');
  }
  return new Map([...json].map(([name, value]) => [name, streamOf(value, form)]));
}

function namesOf(json: JsonNode = []): readonly string[] {
  if (!Array.isArray(json) || !json.every((name) => typeof name === 'string')) {
    throw wrong('has names to remove that are no array of strings');
  }
  return json;
}

function secondsOf(json: JsonNode): number {
  if (!(json instanceof JsonNumber)) {
    throw wrong('has a maxInactiveInterval that is no number');
  }
  return Number(json.text);
}

function routeOf(json: JsonNode): string {
  if (typeof json !== 'string') {
    throw wrong('has a jvmRoute that is no string');
  }
  return json;
}

function streamOf(json: JsonNode, form: JsonForm): Buffer {
  return writeStream({ contents: [jsonValue(json, form)] });
}

function formOf(request: FastifyRequest): JsonForm {
  const type = typeOf(request);
  if (type !== MEDIA_TYPES.JSON && type !== MEDIA_TYPES.TYPED) {
    throw new TribesError('TRIBES_E_API_MEDIA_TYPE', { type });
  }
  return type === MEDIA_TYPES.TYPED ? 'typed' : 'plain';
}

/** The media type without its parameters: JSON is UTF-8 whatever they say. */
function typeOf({ headers }: FastifyRequest): string {
  return (headers['content-type'] ?? '').split(';', 1).join().trim().toLowerCase();
}

function bytesOf({ body, headers }: FastifyRequest): Buffer {
  if (!Buffer.isBuffer(body)) {
    throw new TribesError('TRIBES_E_API_MEDIA_TYPE', { type: headers['content-type'] ?? '' });
  }
  return body;
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw wrong('is not UTF-8');
  }
}

function isMembers(json: JsonNode): json is JsonMembers {
  return json instanceof Map;
}

function wrong(problem: string): TribesError {
  return new TribesError('TRIBES_E_API_BODY', { problem });
}
