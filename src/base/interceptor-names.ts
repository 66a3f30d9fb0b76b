/** Tomcat's package of interceptors; their names may stand without it. */
export const INTERCEPTOR_PACKAGE = 'org.apache.catalina.tribes.group.interceptors.';

/** The simple class names of the interceptors that this node has. */
export const INTERCEPTOR_NAMES = [
  'DomainFilterInterceptor',
  'EncryptInterceptor',
  'FragmentationInterceptor',
  'GzipInterceptor',
  'MessageDispatchInterceptor',
  // 7.0's name for the variant with a thread pool.
  'MessageDispatch15Interceptor',
  'NonBlockingCoordinator',
  'OrderInterceptor',
  'SimpleCoordinator',
  'StaticMembershipInterceptor',
  'TcpFailureDetector',
  'TcpPingInterceptor',
  'ThroughputInterceptor',
  'TwoPhaseCommitInterceptor',
] as const;

export type InterceptorName = (typeof INTERCEPTOR_NAMES)[number];
