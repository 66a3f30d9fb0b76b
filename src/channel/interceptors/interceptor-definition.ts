import type { ChannelInterceptor, InterceptorContext, InterceptorFactory } from '../channel-interceptor.js';
import { readAttributes, type AttributeTable, type AttributeValues } from './attributes.js';

/** What each number of an interceptor's statistics says, by its name there. */
export interface StatisticsHelp {
  /** Numbers that only grow. */
  readonly counters: Readonly<Record<string, string>>;
  readonly gauges: Readonly<Record<string, string>>;
}

/** What makes an interceptor out of its attributes as texts. Error: TRIBES_E_CHANNEL_INTERCEPTOR_ATTRIBUTE. */
export interface InterceptorDefinition {
  /** Their names, those without effect included. */
  readonly attributes: readonly string[];
  readonly statistics: StatisticsHelp;
  factory(name: string, given: ReadonlyMap<string, string>): InterceptorFactory;
}

export interface InterceptorParts<T extends AttributeTable> {
  readonly attributes: T;
  /** Attributes that Tomcat has, and that mean nothing here: they are warned of. */
  readonly withoutEffect?: readonly string[];
  readonly statistics: StatisticsHelp;
  readonly create: (context: InterceptorContext, settings: AttributeValues<T>) => ChannelInterceptor;
}

export function defineInterceptor<T extends AttributeTable>({
  attributes,
  withoutEffect = [],
  statistics,
  create,
}: InterceptorParts<T>): InterceptorDefinition {
  return {
    attributes: [...Object.keys(attributes), ...withoutEffect],
    statistics,
    factory: (name, given) => {
      const settings = readAttributes(name, attributes, withoutEffect, given);
      return (context) => {
        for (const attribute of withoutEffect.filter((candidate) => given.has(candidate))) {
          context.logger.warn({ interceptor: name, attribute }, 'this attribute has no effect in this node');
        }
        return create(context, settings);
      };
    },
  };
}
