import {
  INTERCEPTOR_NAMES,
  INTERCEPTOR_PACKAGE,
  TribesError,
  type InterceptorName,
} from '../../base/index.js';
import type { ChannelInterceptor, InterceptorContext, InterceptorFactory } from '../channel-interceptor.js';
import { readAttributes, type AttributeTable, type AttributeValues } from './attributes.js';
import {
  MessageDispatchInterceptor,
  messageDispatchAttributes,
  messageDispatchWithoutEffect,
} from './message-dispatch-interceptor.js';
import { TcpFailureDetector, tcpFailureDetectorAttributes } from './tcp-failure-detector.js';

/** An interceptor as `<Interceptor className="…" …/>` names it. */
export interface InterceptorSpec {
  /** With or without Tomcat's package. */
  readonly className: string;
  readonly attributes?: ReadonlyMap<string, string>;
}

/** What a channel has when none is configured (SimpleTcpCluster.checkDefaults), nearest to the application first. */
export const DEFAULT_INTERCEPTORS: readonly InterceptorSpec[] = [
  { className: 'MessageDispatchInterceptor' },
  { className: 'TcpFailureDetector' },
];

type Builder = (name: string, given: ReadonlyMap<string, string>) => InterceptorFactory;

const messageDispatch = builder(
  messageDispatchAttributes,
  messageDispatchWithoutEffect,
  (context, settings) => new MessageDispatchInterceptor(context, settings),
);

const tcpFailureDetector = builder(
  tcpFailureDetectorAttributes,
  [],
  (context, settings) => new TcpFailureDetector(context, settings),
);

const BUILDERS: Readonly<Record<InterceptorName, Builder>> = {
  MessageDispatchInterceptor: messageDispatch,
  MessageDispatch15Interceptor: messageDispatch,
  TcpFailureDetector: tcpFailureDetector,
};

/** Every interceptor by its simple class name. */
const REGISTRY: ReadonlyMap<string, Builder> = new Map(Object.entries(BUILDERS));

/** Errors: TRIBES_E_CHANNEL_INTERCEPTOR, TRIBES_E_CHANNEL_INTERCEPTOR_ATTRIBUTE. */
export function interceptorFactory({ className, attributes }: InterceptorSpec): InterceptorFactory {
  const name = className.startsWith(INTERCEPTOR_PACKAGE)
    ? className.slice(INTERCEPTOR_PACKAGE.length)
    : className;
  const build = REGISTRY.get(name);
  if (build === undefined) {
    const known = INTERCEPTOR_NAMES.join(', ');
    throw new TribesError('TRIBES_E_CHANNEL_INTERCEPTOR', { className, known });
  }
  return build(name, attributes ?? new Map());
}

function builder<T extends AttributeTable>(
  table: T,
  withoutEffect: readonly string[],
  create: (context: InterceptorContext, settings: AttributeValues<T>) => ChannelInterceptor,
): Builder {
  return (name, given) => {
    const settings = readAttributes(name, table, withoutEffect, given);
    return (context) => {
      for (const attribute of withoutEffect.filter((candidate) => given.has(candidate))) {
        context.logger.warn({ interceptor: name, attribute }, 'this attribute has no effect in this node');
      }
      return create(context, settings);
    };
  };
}
