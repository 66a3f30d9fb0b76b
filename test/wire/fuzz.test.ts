import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
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
import { vectorFiles } from '../support/vectors.js';
import { Mutator } from './mutator.js';

const RUNS = Number(process.env['TRIBES_FUZZ_RUNS'] ?? 20_000);
const SEED = Number(process.env['TRIBES_FUZZ_SEED'] ?? 20_261_120);

const DECODERS = new Map<string, (bytes: Buffer) => unknown>([
  ['decodeAny', (bytes) => encodeAll(decodeAny(bytes))],
  ['decodeFrames', decodeFrames],
  ['decodeMemberPackage', (bytes) => encodeMemberPackage(decodeMemberPackage(bytes))],
  ['decodeChannelData', (bytes) => decodeChannelData(bytes)],
  ['probeOf', probeOf],
  ['messageClassName', messageClassName],
  ['rpcHeadOf', rpcHeadOf],
  ['decodeRpcMessage', decodeRpcMessage],
  ['decodeMapMessage', (bytes) => decodeMapMessage(bytes)],
  ['decodeMapEntries', (bytes) => decodeMapEntries(bytes)],
  ['decodeMapState', decodeMapState],
  ['decodeMapKey', decodeMapKey],
  ['decodeStaticMemberMessage', (bytes) => decodeStaticMemberMessage(bytes)],
  ['decodeSessionMessage', (bytes) => decodeSessionMessage(bytes)],
  ['decodeNewSessionId', decodeNewSessionId],
  ['decodeDeltaSession', (bytes) => decodeDeltaSession(bytes)],
  ['decodeDeltaRequest', (bytes) => decodeDeltaRequest(graphInput(readStream(bytes).contents))],
  ['readSessionList', (bytes) => [...readSessionList(graphInput(readStream(bytes).contents)).sessions]],
  ['decodeDeltaRequest, scanned', (bytes) => decodeDeltaRequest(scanInput(bytes))],
  ['readSessionList, scanned', (bytes) => [...readSessionList(scanInput(bytes)).sessions]],
  ['readSessionBody, scanned', (bytes) => readSessionBody(scanInput(bytes))],
  ['deltaRequestOf', (bytes) => deltaRequestOf(readObject(bytes))],
  ['javaMemberOf', (bytes) => javaMemberOf(readObject(bytes))],
  ['javaMembersOf', (bytes) => javaMembersOf(readObject(bytes))],
  ['principalOf', (bytes) => principalOf(readObject(bytes))],
  ['singleSignOnListenerOf', (bytes) => singleSignOnListenerOf(readObject(bytes))],
  ['singleSignOnEntryOf', (bytes) => singleSignOnEntryOf(readObject(bytes))],
  ['fileMessageOf', (bytes) => fileMessageOf(readObject(bytes))],
  ['undeployMessageOf', (bytes) => undeployMessageOf(readObject(bytes))],
  ['byteMessageOf', (bytes) => byteMessageOf(readObject(bytes))],
  ['uniqueIdOf', (bytes) => uniqueIdOf(readObject(bytes))],
]);

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
function uncodedError(decode: (bytes: Buffer) => unknown, bytes: Buffer): unknown {
  try {
    decode(bytes);
    return undefined;
  } catch (error) {
    return isTribesError(error) ? undefined : error;
  }
}

describe('every wire decoder', () => {
  const good = goodBytes();

  it('throws nothing but coded errors on any vector, whatever it was made for', function () {
    this.timeout(0);
    for (const [name, decode] of DECODERS) {
      for (const bytes of good) {
        expect(uncodedError(decode, bytes), `${name} of ${bytes.toString('hex')}`).to.equal(undefined);
      }
    }
  });

  it(`throws nothing but coded errors on ${RUNS} damaged vectors, seed ${SEED}`, function () {
    this.timeout(0);
    const mutator = new Mutator(SEED);
    const decoders = [...DECODERS];
    for (let run = 0; run < RUNS; run++) {
      // Half of the runs go through everything that lies within a message.
      const [name, decode] = run % 2 === 0 ? (decoders[0] ?? expect.fail()) : mutator.pick(decoders);
      const bytes = mutator.damaged(mutator.pick(good), good);
      const error = uncodedError(decode, bytes);
      if (error !== undefined) {
        throw new Error(`run ${run}, seed ${SEED}: ${name} of ${bytes.toString('hex')}`, { cause: error });
      }
    }
  });
});
