import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { decodeAny, decodeFrames, decodeSessionMessage, type Decoded } from '../../src/wire/index.js';
import { thrownBy } from '../support/errors.js';
import { vectorFiles } from '../support/vectors.js';
import { withOpaque } from './wire-vectors.js';

interface Scenario {
  readonly name: string;
  readonly events: readonly { readonly t: number; readonly hex?: string; readonly summary?: string }[];
}

const transcripts = fileURLToPath(new URL('../../../test/vectors/07-transcripts.json', import.meta.url));
const { scenarios } = JSON.parse(readFileSync(transcripts, 'utf8')) as { scenarios: Scenario[] };

/** What vectors are, by their class. */
const LAYOUT_OF: readonly (readonly [RegExp, string])[] = [
  [/data package/, 'member package'],
  [/^XByteBuffer/, 'frames'],
  [/^framed/, 'frames'],
  [/ACK_COMMAND$/, 'frames'],
  [/ChannelData/, 'channel data'],
  [/\.(TCP_FAIL_DETECT|TCP_PING_DATA|MEMBER_START|MEMBER_STOP)$/, 'probe'],
  [/^\[L.*Member;$/, 'member array'],
  [/\.(MemberImpl|StaticMember)( as Java object.*)?$/, 'member object'],
  [/MemberMessage$/, 'static member message'],
  [/\.UniqueId$/, 'unique id'],
  [/ByteMessage$/, 'byte message'],
  [/MapMessage$/, 'map message'],
  [/RpcMessage\$NoRpcChannelReply$/, 'rpc message'],
  [/RpcMessage$/, 'rpc message'],
  [/SessionMessageImpl$/, 'session message'],
  [/EVT_ALL_SESSION_DATA/, 'session list'],
  [/EVT_CHANGE_SESSION_ID/, 'new session id'],
  [/DeltaRequest\.serialize/, 'delta request'],
  [/DeltaRequest as Java object/, 'delta request object'],
  [/DeltaSession( as Java object \(replicated map value\))?$/, 'session object'],
  [/SerializablePrincipal$/, 'principal'],
  [/ClusterSingleSignOnListener$/, 'single sign-on listener'],
  [/SingleSignOnEntry$/, 'single sign-on entry'],
  [/FileMessage$/, 'file message'],
  [/UndeployMessage$/, 'undeploy message'],
  // An attribute broke off: nobody can read it, so that it is kept as it is.
  [/attribute b half written$/, 'Java stream'],
  // Belong to an interceptor that this node does not have.
  [/CoordinationMessage$/, 'bytes'],
  [/COORD_ALIVE$/, 'bytes'],
  [/unique id \(MD5\)$/, 'bytes'],
];

/** Several packages in a row, and a frame that is not whole: neither is sent by anybody. */
const NO_MESSAGES = /^(order-(alive-time|absolute)|second-package-incomplete)$/;

/** What the messages of the transcripts are, by their summary, from the frame inwards. */
const MESSAGE_OF: readonly (readonly [RegExp, string])[] = [
  [/^heartbeat/, 'member package'],
  [/^ACK/, 'frames > acknowledgement'],
  [/ bytes 4fa77348798243c9/, 'frames > channel data > probe'],
  [/4c6f63616c205374617469634d656d626572/, 'frames > channel data > probe'],
  [/ (CREATED|EXPIRED|ACCESSED|GET_ALL|COMPLETE|NOCTX) ctx=/, 'frames > channel data > session message'],
  [/ ALL_DATA ctx=/, 'frames > channel data > session message > session list'],
  [/ DELTA ctx=/, 'frames > channel data > session message > delta request'],
  [/ CHANGE_ID ctx=/, 'frames > channel data > session message > new session id'],
  [/ NoRpcChannelReply/, 'frames > channel data > rpc message'],
  [/ RPC .* MAP STATE/, 'frames > channel data > rpc message, map message'],
  [/ RPC .* MAP PING .*\$State/, 'frames > channel data > rpc message, map message > map state'],
  [/ RPC .* MAP RETRIEVE/, 'frames > channel data > rpc message, map message'],
  [/ RPC .* MAP (INIT|START|PING)/, 'frames > channel data > rpc message, map message'],
  [/ RPC .*MemberMessage/, 'frames > channel data > rpc message, static member message'],
  [/ MAP STOP/, 'frames > channel data > map message'],
  [/ MAP /, 'frames > channel data > map message > Java stream'],
  [/MemberMessage/, 'frames > channel data > static member message'],
];

function expectedFor(table: readonly (readonly [RegExp, string])[], text: string): string {
  return table.find(([pattern]) => pattern.test(text))?.[1] ?? expect.fail(`nothing is expected of ${text}`);
}

/** What `decoded` is and what lies within, outermost first. */
function flatten(decoded: Decoded): Decoded[] {
  return [decoded, ...decoded.parts.flatMap((part) => flatten(part.decoded))];
}

/** Decodes all that lies within `bytes` and checks that each part is written again as it was. */
function expectLossless(bytes: Buffer): Decoded[] {
  const parts = flatten(decodeAny(bytes));
  for (const part of parts) {
    expect(part.encode().toString('hex'), part.layout).to.equal(part.bytes.toString('hex'));
  }
  return parts;
}

describe('decode any', () => {
  for (const prefix of ['01-', '02-', '03-', '04-', '05-', '08-']) {
    for (const [file, vectors] of vectorFiles(prefix)) {
      describe(file, () => {
        for (const { name, class: javaClass, bytes } of vectors.filter(
          (vector) => !NO_MESSAGES.test(vector.name),
        )) {
          it(`knows what ${name} is, and writes it again with all that lies within`, () => {
            const [outermost] = expectLossless(bytes);
            // A list of no sessions is an Integer, and nothing else tells what it is.
            const expected = name === 'sessions-none' ? 'Java stream' : expectedFor(LAYOUT_OF, javaClass);
            expect(outermost?.layout.replace(/, .*/, '')).to.equal(expected);
          });
        }
      });
    }
  }

  describe('of real conversations', () => {
    for (const { name, events } of scenarios) {
      it(`understands everything, and writes it again: ${name}`, () => {
        for (const { t, hex, summary = '' } of events) {
          if (hex !== undefined) {
            const layouts = expectLossless(Buffer.from(hex, 'hex')).map(({ layout }) => layout);
            const expected = expectedFor(MESSAGE_OF, summary);
            expect(layouts.join(' > '), `t=${t} ${summary}`).to.match(new RegExp(`^${expected}( > |$)`));
            expect(layouts, `t=${t} ${summary}`).to.not.include('bytes');
          }
        }
      });
    }

    it('finds the sessions and the changes in what map messages carry', () => {
      const layouts = scenarios
        .flatMap(({ events }) => events)
        .flatMap(({ hex }) => (hex === undefined ? [] : flatten(decodeAny(Buffer.from(hex, 'hex')))))
        .map(({ layout }) => layout);
      expect(layouts).to.include.members(['session object', 'delta request', 'map entries']);
    });
  });

  it('does not look into what a byte message carries', () => {
    const vector = [...vectorFiles('02-').values()]
      .flat()
      .find(({ name }) => name.endsWith('contains-magic'));
    const layouts = expectLossless(vector?.bytes ?? Buffer.alloc(0)).map(({ layout }) => layout);
    expect(layouts).to.deep.equal(['frames', 'channel data', 'bytes']);
  });

  it('shows what stands before a value that only its class can read', () => {
    const vectors = [...vectorFiles('05-').values()].flat();
    for (const name of ['EVT_SESSION_DELTA', 'EVT_ALL_SESSION_DATA']) {
      const message = vectors.find((vector) => vector.name === name)?.bytes ?? Buffer.alloc(0);
      const session = decodeSessionMessage(message).session ?? Buffer.alloc(0);
      const opaque = withOpaque(session, name === 'EVT_SESSION_DELTA' ? 'sku-2' : 'alice');
      const [, part] = expectLossless(replaced(message, session, opaque));
      expect(part?.layout).to.equal(name === 'EVT_SESSION_DELTA' ? 'delta request' : 'session list');
    }
  });

  it('calls bytes what it does not know', () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('GET / HTTP/1.1\r\n\r\n')]) {
      expect(decodeAny(bytes)).to.include({ layout: 'bytes', fields: bytes });
    }
  });

  it('says what is wrong with what it knows', () => {
    for (const [file, vectors] of vectorFiles('02-')) {
      const incomplete = vectors.find(({ name }) => name === 'second-package-incomplete')?.bytes;
      expect(() => decodeFrames(incomplete ?? Buffer.alloc(0)), file).to.throw();
      thrownBy('TRIBES_E_WIRE_TRUNCATED', () => decodeAny(incomplete ?? Buffer.alloc(0)));
    }
  });

  it('does not follow messages within messages for ever', () => {
    const [request] = [...vectorFiles('04-').values()].flat().filter(({ name }) => name === 'map-COPY');
    const original = request?.bytes ?? Buffer.alloc(0);
    const value = Buffer.from('aced00057400027631', 'hex');
    let nested = original;
    for (let level = 0; level < 200; level++) {
      nested = replaced(original, value, nested);
    }
    expect(flatten(decodeAny(nested)).length).to.be.lessThan(100);
  });
});

/** `bytes` with the byte array `from` in it, which has an int32 length, replaced by `to`. */
function replaced(bytes: Buffer, from: Buffer, to: Buffer): Buffer {
  const at = bytes.lastIndexOf(from);
  const length = Buffer.alloc(4);
  length.writeInt32BE(to.length);
  return Buffer.concat([bytes.subarray(0, at - 4), length, to, bytes.subarray(at + from.length)]);
}
