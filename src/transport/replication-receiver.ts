import type { ChannelData } from '../wire/index.js';

/**
 * Takes one message; the promise settles when the message has been processed. A rejection is answered with FAIL_ACK.
 * Its bytes are views of what was read from the network: whoever keeps a few of them makes a copy.
 */
export type MessageHandler = (message: ChannelData) => void | Promise<void>;

/** Where members reach a receiver. */
export interface ReceiverAddress {
  readonly host: string;
  readonly port: number;
  /** -1 when it takes nothing by UDP. */
  readonly udpPort: number;
  /** -1 when none is set. */
  readonly securePort: number;
}

/** Takes messages from other members, acknowledges them, and hands them on, strictly in order for each connection. */
export interface ReplicationReceiver {
  /**
   * Binds the first free port of port … port + autoBind - 1, for UDP as well if that is on.
   *
   * Errors: TRIBES_E_RECEIVER_BIND, TRIBES_E_RECEIVER_UDP_BIND.
   */
  start(handler: MessageHandler): Promise<void>;
  /**
   * Resolves when nothing has come for a while (250 ms), or after two seconds: whoever has just been told that we leave may
   * have been about to send, and a Tomcat that is refused then logs an error.
   */
  quiet(): Promise<void>;
  /** Stops accepting, lets what is being processed finish, closes; idempotent. */
  stop(): Promise<void>;
  /** What is in force after `start`. */
  readonly address: ReceiverAddress;
}
