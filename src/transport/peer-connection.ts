import type { Clock } from '../base/index.js';
import type { OutgoingFrame } from './outgoing-frame.js';
import type { SenderSettings } from './sender-settings.js';

/** A way to the receiver of one member, over TCP or UDP, for one exchange at a time. After an error it is of no more use. */
export interface PeerConnection {
  /** False once it has failed, or may confuse one acknowledgement with another: they carry no id. */
  readonly isUsable: boolean;
  /** Whether it is to be closed when nobody uses it (`AbstractSender.keepalive`). */
  isOverAge(now: number): boolean;
  /**
   * Sends the frames one behind the other, and with `isAcknowledged`, of one frame, waits for its acknowledgement.
   *
   * Errors: TRIBES_E_SEND_…
   */
  send(frames: readonly OutgoingFrame[], isAcknowledged: boolean): Promise<void>;
  destroy(): void;
}

export interface PeerConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** How errors name the destination. */
  readonly name: string;
  readonly settings: SenderSettings;
  readonly clock: Clock;
  /** An acknowledgement came that nobody had asked for. */
  readonly onStray: (isFailAck: boolean) => void;
  readonly onClosed: (connection: PeerConnection) => void;
}

/** Errors: TRIBES_E_SEND_REFUSED, TRIBES_E_SEND_UNREACHABLE, TRIBES_E_SEND_TIMEOUT. */
export type OpenConnection = (options: PeerConnectionOptions) => Promise<PeerConnection>;
