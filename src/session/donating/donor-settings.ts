import type { ServletPackage } from '../../wire/index.js';

/** How a state is sent (`DeltaManager`'s attributes of these names). */
export interface DonorSettings {
  /**
   * Whether a state goes in one message, but for the sessions that need one of their own. A Tomcat takes longer than its
   * senders wait for to load a large one. Default false; Tomcat's: true.
   */
  readonly sendAllSessions: boolean;
  /** Sessions in a message, unless it is one for all. Default 500; Tomcat's: 1000. */
  readonly sendAllSessionsSize: number;
  /** Milliseconds between two such messages. Default 0, so that a large state fits into a minute; Tomcat's: 2000. */
  readonly sendAllSessionsWaitTime: number;
  /** The servlet API of Tomcats whose line is not known, such as all that have just started. Default auto: nobody knows. */
  readonly servletApi: 'auto' | ServletPackage;
}

export const defaultDonorSettings: DonorSettings = {
  sendAllSessions: false,
  sendAllSessionsSize: 500,
  sendAllSessionsWaitTime: 0,
  servletApi: 'auto',
};
