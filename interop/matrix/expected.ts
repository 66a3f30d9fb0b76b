import type { Expected } from '../kit/index.js';
import { ASKED_IN_ANOTHER_FORM } from '../scenarios/expected-lines.js';
import type { Cell } from './factors.js';

export const NO_MBEAN: Expected = {
  pattern: /JmxRegistry\.registerJmx The requested object.* is not compliant with JMX/,
  why: 'those interceptors have no MBean',
};

export const PING_FAILED: Expected = {
  pattern: /TcpPingInterceptor\.sendPingMessage Unable to send TCP ping/,
  why: 'a member is pinged that was killed, and is not known to have gone yet',
};

const ELECTION_CUT_SHORT: Expected = {
  pattern: /NonBlockingCoordinator\.sendElectionMsgToNextInline Unable to send election message to:/,
  why: 'an election goes around by a member that was killed, and is not known to have gone yet',
};

const NOT_GCM: Expected = {
  pattern:
    /EncryptInterceptor\.createEncryptionManager The EncryptInterceptor is using the insecure algorithm/,
  why: '10.1.60 warns of everything but GCM',
};

/** What Tomcats say of the configuration of a cell. */
export function expectedOf(cell: Cell): readonly Expected[] {
  return [
    NO_MBEAN,
    ...(cell.TcpPingInterceptor === 'on' ? [PING_FAILED] : []),
    ...(cell.coordinator === 'NonBlockingCoordinator' ? [ELECTION_CUT_SHORT] : []),
    ...(cell.encryption === 'AES/CBC/PKCS5Padding' ? [NOT_GCM] : []),
    ...(cell.membership === 'StaticMembershipService' && cell.tomcats === '9+9'
      ? [ASKED_IN_ANOTHER_FORM]
      : []),
  ];
}
