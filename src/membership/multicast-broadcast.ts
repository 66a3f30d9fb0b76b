import { messageOf, TribesError } from '../base/index.js';
import { encodeChannelData, encodeFrame, maxDatagramBytes, type ChannelData } from '../wire/index.js';
import type { McastSettings } from './mcast-settings.js';
import type { RecoveringSocket } from './recovering-socket.js';

export type GroupPlace = Pick<McastSettings, 'address' | 'port' | 'bind'>;

/**
 * Sends a message to everybody on the group, as one datagram (`McastService.broadcast`). Whether anybody gets it, nobody
 * says.
 *
 * Errors: TRIBES_E_SEND_TOO_LARGE, TRIBES_E_MEMBERSHIP_SEND.
 */
export async function broadcastMessage(
  message: ChannelData,
  socket: Pick<RecoveringSocket, 'send'>,
  group: GroupPlace,
): Promise<void> {
  const datagram = encodeFrame(encodeChannelData(message));
  const limit = maxDatagramBytes(group.address);
  const { length } = datagram;
  if (length > limit) {
    const destination = `the multicast group ${group.address}, port ${group.port}`;
    throw new TribesError('TRIBES_E_SEND_TOO_LARGE', { destination, length, limit });
  }
  let isSent: boolean;
  try {
    isSent = await socket.send(datagram);
  } catch (cause) {
    throw groupSendError(group, cause);
  }
  if (!isSent) {
    throw groupSendError(group, new Error('the socket is being made anew after errors'));
  }
}

export function groupSendError({ address, port, bind }: GroupPlace, cause: unknown): TribesError {
  const params = { address, port, interface: bind ?? 'the default interface', reason: messageOf(cause) };
  return new TribesError('TRIBES_E_MEMBERSHIP_SEND', params, { cause });
}
