import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { TribesError, contextName, type SessionRecord } from '../../base/index.js';
import type { SessionMirror, SessionWriter, WriteOutcome } from '../../session/index.js';
import { conditionOf, entityTag } from '../entity-tag.js';
import { Query, parametersOf } from '../query.js';
import { findSession } from '../session-finder.js';
import { membersOfBody, streamOfBody } from '../write-body.js';
import { originOf, type WriteRefusals } from '../write-refusals.js';

export interface WriteRouteContext {
  readonly mirror: SessionMirror;
  /** Null: nothing may be written. */
  readonly writer: SessionWriter | null;
  readonly refusals: WriteRefusals;
  /** Bound on a body, bytes. */
  readonly bodyLimit: number;
  /** Bound on the nesting of a value. */
  readonly maxDepth: number;
}

/** What can be done at each path, beside what it answers when nothing may be written. */
const METHODS: Readonly<Record<string, readonly HTTPMethods[]>> = {
  '/v1/sessions': ['GET', 'HEAD', 'POST'],
  '/v1/sessions/:id': ['GET', 'HEAD', 'PATCH', 'DELETE'],
  '/v1/sessions/:id/attributes/:name': ['GET', 'HEAD', 'PUT', 'DELETE'],
  '/v1/sessions/:id/change-id': ['POST'],
};

/** Marks routes that only say which methods there are. */
const REFUSED = { isRefused: true };

export function isRefused(config: object): boolean {
  return 'isRefused' in config;
}

const ALL: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

type Session = { Params: { id: string } };
type Attribute = { Params: { id: string; name: string } };

/** Changing sessions; where nothing may be written, a word about that. */
export function writeRoutes(server: FastifyInstance, context: WriteRouteContext): void {
  const { writer } = context;
  for (const [url, methods] of Object.entries(METHODS)) {
    const reading = methods.filter((method) => method === 'GET' || method === 'HEAD');
    const allowed = writer === null ? reading : methods;
    const others = ALL.filter((method) => !methods.includes(method));
    server.route({
      method: others,
      url,
      config: REFUSED,
      handler: (request, reply) => refuseMethod(request, reply, allowed),
    });
    if (writer === null) {
      const writing = methods.filter((method) => !reading.includes(method));
      server.route({ method: writing, url, handler: refuseWriting });
    }
  }
  if (writer !== null) {
    routesOf(server, writer, context);
  }
}

function routesOf(server: FastifyInstance, writer: SessionWriter, context: WriteRouteContext): void {
  const { mirror, refusals, bodyLimit, maxDepth } = context;
  const limits = { bodyLimit };

  /** Finds the session, does `write` with it, and answers; `status` where all members have acknowledged. */
  async function writeTo(
    request: FastifyRequest<Session>,
    reply: FastifyReply,
    prepare: (record: SessionRecord) => {
      readonly status?: number;
      readonly write: (record: SessionRecord) => Promise<WriteOutcome>;
    },
  ): Promise<FastifyReply> {
    const query = new Query(parametersOf(request), ['context']);
    const { id } = request.params;
    const record = findSession(mirror, id, query, reply);
    if (record === undefined) {
      return reply;
    }
    const { write, status = 200 } = prepare(record);
    refusals.handOver(request);
    return answer(reply, status, await write(record), record);
  }

  server.post('/v1/sessions', limits, async (request, reply) => {
    const name = new Query(parametersOf(request), ['context']).text('context');
    if (name === undefined) {
      throw new TribesError('TRIBES_E_API_QUERY', { name: 'context', problem: 'is missing' });
    }
    const known = ['attributes', 'maxInactiveInterval', 'jvmRoute'] as const;
    const body = request.body === undefined ? {} : membersOfBody(request, known, maxDepth);
    refusals.handOver(request);
    const outcome = await writer.create(contextName(name), body, originOf(request));
    const { record } = outcome;
    if (record === null) {
      throw new TribesError('TRIBES_E_WRITE_NO_SESSION', {}); // somebody else has ended it meanwhile
    }
    const location = `/v1/sessions/${encodeURIComponent(record.id)}?context=${encodeURIComponent(name)}`;
    return answer(reply.header('location', location), 201, outcome, record);
  });

  server.patch<Session>('/v1/sessions/:id', limits, (request, reply) =>
    writeTo(request, reply, (found) => {
      const edit = membersOfBody(request, ['set', 'remove', 'maxInactiveInterval'], maxDepth);
      const condition = conditionOf(request.headers['if-match'], found);
      return {
        write: ({ context: of, id }) => writer.change(of, id, edit, originOf(request), condition),
      };
    }),
  );

  server.delete<Session>('/v1/sessions/:id', limits, (request, reply) =>
    writeTo(request, reply, (found) => {
      const condition = conditionOf(request.headers['if-match'], found);
      return { write: ({ context: of, id }) => writer.expire(of, id, originOf(request), condition) };
    }),
  );

  server.post<Session>('/v1/sessions/:id/change-id', limits, (request, reply) =>
    writeTo(request, reply, (found) => {
      const condition = conditionOf(request.headers['if-match'], found);
      return { write: ({ context: of, id }) => writer.changeId(of, id, originOf(request), condition) };
    }),
  );

  server.put<Attribute>('/v1/sessions/:id/attributes/:name', limits, (request, reply) =>
    writeTo(request, reply, (found) => {
      const { name } = request.params;
      const set = new Map([[name, streamOfBody(request, maxDepth)]]);
      const condition = conditionOf(request.headers['if-match'], found);
      return {
        status: hasAttribute(found, name) ? 200 : 201,
        write: ({ context: of, id }) => writer.change(of, id, { set }, originOf(request), condition),
      };
    }),
  );

  server.delete<Attribute>('/v1/sessions/:id/attributes/:name', limits, (request, reply) =>
    writeTo(request, reply, (found) => {
      const { name } = request.params;
      if (!hasAttribute(found, name)) {
        throw new TribesError('TRIBES_E_API_NO_ATTRIBUTE', { name });
      }
      const condition = conditionOf(request.headers['if-match'], found);
      return {
        write: ({ context: of, id }) =>
          writer.change(of, id, { remove: [name] }, originOf(request), condition),
      };
    }),
  );
}

/** 207 where a member has not acknowledged the write; its body has the same members. */
function answer(
  reply: FastifyReply,
  status: number,
  { record, set, acknowledged, unacknowledged }: WriteOutcome,
  before: SessionRecord,
): FastifyReply {
  if (record !== null) {
    void reply.header('etag', entityTag(record));
  }
  return reply.code(unacknowledged.length > 0 ? 207 : status).send({
    id: record?.id ?? before.id,
    context: before.context,
    set: Object.fromEntries(set.map(({ name, class: className }) => [name, className])),
    acknowledged: acknowledged.map(({ name }) => name),
    unacknowledged: unacknowledged.map(({ member, reason }) => ({ member: member.name, reason })),
  });
}

function hasAttribute({ attributes }: SessionRecord, name: string): boolean {
  return attributes.some(({ names }) => names.includes(name));
}

function refuseMethod(
  { method }: FastifyRequest,
  reply: FastifyReply,
  methods: readonly HTTPMethods[],
): never {
  void reply.header('allow', methods.join(', '));
  throw new TribesError('TRIBES_E_API_METHOD', { method });
}

function refuseWriting(): never {
  throw new TribesError('TRIBES_E_API_READ_ONLY', {});
}
