import {
  INTERCEPTOR_NAMES,
  INTERCEPTOR_PACKAGE,
  TribesError,
  type InterceptorName,
  type InterceptorSpec,
} from '../../base/index.js';
import type { InterceptorFactory } from '../channel-interceptor.js';
import { domainFilterInterceptor } from './domain-filter-interceptor.js';
import { encryptInterceptor } from './encrypt-interceptor.js';
import { fragmentationInterceptor } from './fragmentation-interceptor.js';
import { gzipInterceptor } from './gzip-interceptor.js';
import type { InterceptorDefinition, StatisticsHelp } from './interceptor-definition.js';
import { messageDispatchInterceptor } from './message-dispatch-interceptor.js';
import { nonBlockingCoordinator } from './non-blocking-coordinator.js';
import { orderInterceptor } from './order-interceptor.js';
import { simpleCoordinator } from './simple-coordinator.js';
import { staticMembershipInterceptor } from './static-membership-interceptor.js';
import { tcpFailureDetector } from './tcp-failure-detector.js';
import { tcpPingInterceptor } from './tcp-ping-interceptor.js';
import { throughputInterceptor } from './throughput-interceptor.js';
import { twoPhaseCommitInterceptor } from './two-phase-commit-interceptor.js';

/** What a channel has when none is configured (SimpleTcpCluster.checkDefaults), nearest to the application first. */
export const DEFAULT_INTERCEPTORS: readonly InterceptorSpec[] = [
  { className: 'MessageDispatchInterceptor' },
  { className: 'TcpFailureDetector' },
];

/** Every interceptor by its simple class name. */
const DEFINITIONS: Readonly<Record<InterceptorName, InterceptorDefinition>> = {
  DomainFilterInterceptor: domainFilterInterceptor,
  EncryptInterceptor: encryptInterceptor,
  FragmentationInterceptor: fragmentationInterceptor,
  GzipInterceptor: gzipInterceptor,
  MessageDispatchInterceptor: messageDispatchInterceptor,
  MessageDispatch15Interceptor: messageDispatchInterceptor,
  NonBlockingCoordinator: nonBlockingCoordinator,
  OrderInterceptor: orderInterceptor,
  SimpleCoordinator: simpleCoordinator,
  StaticMembershipInterceptor: staticMembershipInterceptor,
  TcpFailureDetector: tcpFailureDetector,
  TcpPingInterceptor: tcpPingInterceptor,
  ThroughputInterceptor: throughputInterceptor,
  TwoPhaseCommitInterceptor: twoPhaseCommitInterceptor,
};

/** Errors: TRIBES_E_CHANNEL_INTERCEPTOR, TRIBES_E_CHANNEL_INTERCEPTOR_ATTRIBUTE. */
export function interceptorFactory({ className, attributes }: InterceptorSpec): InterceptorFactory {
  const name = className.startsWith(INTERCEPTOR_PACKAGE)
    ? className.slice(INTERCEPTOR_PACKAGE.length)
    : className;
  if (!isInterceptorName(name)) {
    const known = INTERCEPTOR_NAMES.join(', ');
    throw new TribesError('TRIBES_E_CHANNEL_INTERCEPTOR', { className, known });
  }
  return DEFINITIONS[name].factory(name, attributes ?? new Map());
}

/** The attributes that interceptors of that name take. */
export function attributeNames(name: InterceptorName): readonly string[] {
  return DEFINITIONS[name].attributes;
}

/** What the statistics of the interceptors of that name say. */
export function statisticsHelp(name: InterceptorName): StatisticsHelp {
  return DEFINITIONS[name].statistics;
}

export function isInterceptorName(name: string): name is InterceptorName {
  return Object.hasOwn(DEFINITIONS, name);
}
