import type { Endpoint, InterceptorElement } from '../kit/index.js';
import { OPTIONAL_INTERCEPTORS, type Cell } from './factors.js';

/** The domain of the members of a cell with a DomainFilterInterceptor. */
export const DOMAIN = 'shop';

/** Nobody's: made up for the matrix. */
const ENCRYPTION_KEY = '00112233445566778899aabbccddeeff';

/**
 * From the application down to the network. In both, what Tomcats need: EncryptInterceptor above TcpFailureDetector, and this and the pings above the static
 * members; OrderInterceptor below whatever
 * changes bytes, since it sends one and the same message to each member in turn, and takes off as many bytes as it has added, whatever they are by then.
 */
const ORDERS: Readonly<Record<Cell['order'], readonly string[]>> = {
  A: [
    'TwoPhaseCommitInterceptor',
    'TcpPingInterceptor',
    'coordinator',
    'GzipInterceptor',
    'FragmentationInterceptor',
    'EncryptInterceptor',
    'OrderInterceptor',
    'TcpFailureDetector',
    'ThroughputInterceptor',
    'DomainFilterInterceptor',
    'MessageDispatchInterceptor',
    'StaticMembershipInterceptor',
  ],
  B: [
    'TwoPhaseCommitInterceptor',
    'MessageDispatchInterceptor',
    'DomainFilterInterceptor',
    'ThroughputInterceptor',
    'TcpPingInterceptor',
    'EncryptInterceptor',
    'FragmentationInterceptor',
    'GzipInterceptor',
    'OrderInterceptor',
    'coordinator',
    'TcpFailureDetector',
    'StaticMembershipInterceptor',
  ],
};

/**
 * What is changed is small, so that things happen: a session with the whole catalogue is in thirty fragments. TwoPhaseCommitInterceptor is for messages that
 * are acknowledged after processing (4): with others a Tomcat works on the messages of a connection side by side, and drops a confirmation that overtakes its
 * message; so it does with the 48 bytes of a confirmation that are not compressed and say that they are, being a copy of a message that is.
 */
const ATTRIBUTES: Readonly<Record<string, InterceptorElement['attributes']>> = {
  DomainFilterInterceptor: { domain: DOMAIN },
  FragmentationInterceptor: { maxSize: 10_000 },
  GzipInterceptor: { compressionMinSize: 40 },
  TwoPhaseCommitInterceptor: { optionFlag: 4 },
};

/** The interceptors of a cell, from the application down; `members` are those that a static membership names. */
export function stackOf(cell: Cell, members: readonly Endpoint[]): InterceptorElement[] {
  const chosen = new Map<string, InterceptorElement>(
    OPTIONAL_INTERCEPTORS.filter((name) => cell[name] === 'on').map((name) => [
      name,
      { className: name, ...(name in ATTRIBUTES && { attributes: ATTRIBUTES[name] ?? {} }) },
    ]),
  );
  if (cell.coordinator !== 'none') {
    chosen.set('coordinator', { className: cell.coordinator });
  }
  if (cell.encryption !== 'none') {
    const attributes = { encryptionKey: ENCRYPTION_KEY, encryptionAlgorithm: cell.encryption };
    chosen.set('EncryptInterceptor', { className: 'EncryptInterceptor', attributes });
  }
  if (cell.membership === 'StaticMembershipInterceptor') {
    chosen.set(cell.membership, { className: cell.membership, members });
  }
  return ORDERS[cell.order].flatMap((name) => chosen.get(name) ?? []);
}

/** "TcpFailureDetector > MessageDispatch" */
export function stackName(cell: Cell): string {
  return stackOf(cell, [])
    .map(({ className, attributes }) =>
      className === 'EncryptInterceptor'
        ? `Encrypt(${String(attributes?.['encryptionAlgorithm']).split('/')[1] ?? ''})`
        : className.replace(/Interceptor$/, ''),
    )
    .join(' > ');
}
