/** The attributes of Tomcat's `<Receiver className="…NioReceiver">` that mean something here, under their own names. */
export interface ReceiverSettings {
  /** Address to listen on and to announce, or `auto`: see `resolveReceiverAddress`. */
  readonly address: string;
  /** First TCP port tried; 0: any free one. */
  readonly port: number;
  /** Number of ports tried: port … port + autoBind - 1; 0 or less counts as 1. */
  readonly autoBind: number;
  readonly tcpNoDelay: boolean;
  readonly soKeepAlive: boolean;
}

export const defaultReceiverSettings: ReceiverSettings = {
  address: 'auto',
  port: 4000,
  autoBind: 100,
  tcpNoDelay: true,
  soKeepAlive: false,
};
