import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isTribesError } from '../../src/base/index.js';
import { graphInput, readObject, readStream, scanInput } from '../../src/java/index.js';
import {
  byteMessageOf,
  decodeAny,
  decodeChannelData,
  decodeDeltaRequest,
  decodeDeltaSession,
  decodeFrames,
  decodeMapEntries,
  decodeMapKey,
  decodeMapMessage,
  decodeMapState,
  decodeMemberPackage,
  decodeNewSessionId,
  decodeRpcMessage,
  decodeSessionMessage,
  decodeStaticMemberMessage,
  deltaRequestOf,
  encodeMemberPackage,
  fileMessageOf,
  javaMemberOf,
  javaMembersOf,
  messageClassName,
  principalOf,
  probeOf,
  readSessionBody,
  readSessionList,
  rpcHeadOf,
  singleSignOnEntryOf,
  singleSignOnListenerOf,
  undeployMessageOf,
  uniqueIdOf,
  type Decoded,
} from '../../src/wire/index.js';
import { InputBounds } from '../support/input-bounds.js';
import { vectorFiles } from '../support/vectors.js';
import { Mutator } from './mutator.js';

/** Damaged vectors in all. They are shared out to the groups, and every decoder of a group gets all that its group gets. */
const RUNS = Number(process.env['TRIBES_FUZZ_RUNS'] ?? 20_000);
const SEED = Number(process.env['TRIBES_FUZZ_SEED'] ?? 20_261_120);

type Decode = (bytes: Buffer) => unknown;

const GROUPS: Readonly<Record<string, Readonly<Record<string, Decode>>>> = {
  'of everything, and all that lies within': {
    decodeAny: (bytes) => encodeAll(decodeAny(bytes)),
  },
  'of frames and heads': {
    decodeFrames,
    decodeMemberPackage: (bytes) => encodeMemberPackage(decodeMemberPackage(bytes)),
    decodeChannelData: (bytes) => decodeChannelData(bytes),
    probeOf,
    messageClassName,
    rpcHeadOf,
  },
  'of RPC and maps': {
    decodeRpcMessage,
    decodeMapMessage: (bytes) => decodeMapMessage(bytes),
    decodeMapEntries: (bytes) => decodeMapEntries(bytes),
    decodeMapState,
    decodeMapKey,
    decodeStaticMemberMessage: (bytes) => decodeStaticMemberMessage(bytes),
  },
  'of sessions': {
    decodeSessionMessage: (bytes) => decodeSessionMessage(bytes),
    decodeNewSessionId,
    decodeDeltaSession: (bytes) => decodeDeltaSession(bytes),
    decodeDeltaRequest: (bytes) => decodeDeltaRequest(graphInput(readStream(bytes).contents)),
    readSessionList: (bytes) => [...readSessionList(graphInput(readStream(bytes).contents)).sessions],
    'decodeDeltaRequest, scanned': (bytes) => decodeDeltaRequest(scanInput(bytes)),
    'readSessionList, scanned': (bytes) => [...readSessionList(scanInput(bytes)).sessions],
    'readSessionBody, scanned': (bytes) => readSessionBody(scanInput(bytes)),
    deltaRequestOf: (bytes) => deltaRequestOf(readObject(bytes)),
  },
  'of objects within messages': {
    javaMemberOf: (bytes) => javaMemberOf(readObject(bytes)),
    javaMembersOf: (bytes) => javaMembersOf(readObject(bytes)),
    principalOf: (bytes) => principalOf(readObject(bytes)),
    singleSignOnListenerOf: (bytes) => singleSignOnListenerOf(readObject(bytes)),
    singleSignOnEntryOf: (bytes) => singleSignOnEntryOf(readObject(bytes)),
    fileMessageOf: (bytes) => fileMessageOf(readObject(bytes)),
    undeployMessageOf: (bytes) => undeployMessageOf(readObject(bytes)),
    byteMessageOf: (bytes) => byteMessageOf(readObject(bytes)),
    uniqueIdOf: (bytes) => uniqueIdOf(readObject(bytes)),
  },
};

const GROUP_RUNS = Math.ceil(RUNS / Object.keys(GROUPS).length);

/** Several times what a slow machine takes. */
const TIMEOUT_MS = 120_000 + 5 * GROUP_RUNS;

function encodeAll(decoded: Decoded): void {
  decoded.encode();
  decoded.parts.forEach((part) => encodeAll(part.decoded));
}

/** Everything that real nodes sent, and every golden vector. */
function goodBytes(): Buffer[] {
  const transcripts = fileURLToPath(new URL('../../../test/vectors/07-transcripts.json', import.meta.url));
  const { scenarios } = JSON.parse(readFileSync(transcripts, 'utf8')) as {
    scenarios: { events: { hex?: string }[] }[];
  };
  const sent = scenarios.flatMap(({ events }) => events.flatMap(({ hex = '' }) => hex));
  const prefixes = ['01-', '02-', '03-', '04-', '05-', '06-', '08-'];
  const vectors = prefixes.flatMap((prefix) => [...vectorFiles(prefix).values()].flat());
  return [...new Set([...sent, ...vectors.map(({ bytes }) => bytes.toString('hex'))])].map((hex) =>
    Buffer.from(hex, 'hex'),
  );
}

/** What `decode` throws that is no coded error. */
function uncodedError(decode: Decode, bytes: Buffer): unknown {
  try {
    decode(bytes);
    return undefined;
  } catch (error) {
    return isTribesError(error) ? undefined : error;
  }
}

function understands(decode: Decode, bytes: Buffer): boolean {
  try {
    return decode(bytes) !== null;
  } catch {
    return false;
  }
}

describe(`the wire decoders, fed ${RUNS} damaged vectors in all, seed ${SEED}:`, () => {
  const good = goodBytes();

  for (const [group, decoders] of Object.entries(GROUPS)) {
    describe(`those ${group}`, function () {
      this.timeout(TIMEOUT_MS);
      const bounds = new InputBounds();

      function feed(bytes: Buffer, which: string): void {
        for (const [name, decode] of Object.entries(decoders)) {
          const input = (): string => `${which}: ${name} of ${bytes.toString('hex')}`;
          const error = bounds.check(input, () => uncodedError(decode, bytes));
          if (error !== undefined) {
            throw new Error(input(), { cause: error });
          }
        }
      }

      it('throw nothing but coded errors on any vector, whatever it was made for', () => {
        good.forEach((bytes, index) => feed(bytes, `vector ${index}`));
      });

      it(`throw nothing but coded errors on ${GROUP_RUNS} damaged vectors, each of them`, () => {
        const mutator = new Mutator(SEED);
        const own = good.filter((bytes) =>
          Object.values(decoders).some((decode) => understands(decode, bytes)),
        );
        for (let run = 0; run < GROUP_RUNS; run++) {
          // Half of them are of what somebody in the group understands.
          const bytes = mutator.damaged(mutator.pick(run % 2 === 0 ? own : good), good);
          feed(bytes, `run ${run}, seed ${SEED}`);
        }
      });
    });
  }
});
