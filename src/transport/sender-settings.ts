/** The attributes of Tomcat's `<Transport className="…PooledParallelSender">` that mean something here, and one of ours. */
export interface SenderSettings {
  /**
   * Milliseconds for connecting, for each part of a message to be taken, and for the acknowledgement. Tomcat's default is
   * 3000, but `ParallelNioSender.sendMessage` compares with it only between two polls of 5000: so that is what it waits.
   */
  readonly timeout: number;
  /** Attempts after the first. */
  readonly maxRetryAttempts: number;
  /** Messages after which an idle connection is closed; less than 0: never. */
  readonly keepAliveCount: number;
  /** Milliseconds from connecting after which an idle connection is closed; less than 0: never. */
  readonly keepAliveTime: number;
  /** Whether FAIL_ACK counts as a failure. */
  readonly throwOnFailedAck: boolean;
  /** Connections to one destination for acknowledged messages; one more carries the others. */
  readonly poolSize: number;
  /** Milliseconds for which a message waits for one of them. */
  readonly maxWait: number;
  readonly tcpNoDelay: boolean;
  readonly soKeepAlive: boolean;
  /** Buffer of the system for what comes by UDP: acknowledgements. Bytes. */
  readonly udpRxBufSize: number;
  /** Buffer of the system for messages by UDP; a message that does not fit it is not sent. Bytes. */
  readonly udpTxBufSize: number;
  /**
   * Bytes of messages on their way to one destination; a single message may be larger. Not Tomcat's: its counterpart is
   * `maxQueueSize` of MessageDispatchInterceptor.
   */
  readonly maxQueuedBytes: number;
}

export const defaultSenderSettings: SenderSettings = {
  timeout: 5000,
  maxRetryAttempts: 1,
  keepAliveCount: -1,
  keepAliveTime: -1,
  throwOnFailedAck: true,
  poolSize: 25,
  maxWait: 3000,
  tcpNoDelay: true,
  soKeepAlive: false,
  udpRxBufSize: 25_188,
  udpTxBufSize: 65_536,
  maxQueuedBytes: 2 ** 26,
};
