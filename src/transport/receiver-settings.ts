/** The attributes of Tomcat's `<Receiver className="…NioReceiver">` that mean something here, under their own names. */
export interface ReceiverSettings {
  /** Address to listen on and to announce, or `auto`: see `resolveReceiverAddress`. */
  readonly address: string;
  /** First TCP port tried; 0: any free one. */
  readonly port: number;
  /** Number of ports tried: port … port + autoBind - 1; 0 or less counts as 1. */
  readonly autoBind: number;
  /** First UDP port tried, in the same manner; 0: any free one; less than 0: no UDP. */
  readonly udpPort: number;
  /**
   * Buffer of the system for what comes by UDP; what does not fit it is lost. Bytes. Tomcat's default is 65536, which
   * holds one large datagram; but it has a thread that does nothing else than empty it.
   */
  readonly udpRxBufSize: number;
  /** Buffer of the system for acknowledgements by UDP. Bytes. */
  readonly udpTxBufSize: number;
  /** Announced to the others, and nothing else: neither here nor in Tomcat does anything listen there, or send to it. */
  readonly securePort: number;
  readonly tcpNoDelay: boolean;
  readonly soKeepAlive: boolean;
}

export const defaultReceiverSettings: ReceiverSettings = {
  address: 'auto',
  port: 4000,
  autoBind: 100,
  udpPort: -1,
  udpRxBufSize: 2 ** 20,
  udpTxBufSize: 25_188,
  securePort: -1,
  tcpNoDelay: true,
  soKeepAlive: false,
};
