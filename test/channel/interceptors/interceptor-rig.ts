import { expect } from 'chai';
import { randomUniqueId, type ChannelLimits } from '../../../src/base/index.js';
import type { ChannelInterceptor } from '../../../src/channel/channel-interceptor.js';
import { interceptorFactory } from '../../../src/channel/interceptors/registry.js';
import { StartLevel, type HostLookup } from '../../../src/membership/index.js';
import {
  ChannelDataReader,
  decodeChannelData,
  encodeChannelData,
  type ChannelData,
  type MemberPackage,
} from '../../../src/wire/index.js';
import { ManualClock } from '../../support/manual-clock.js';
import { recordingLogger } from '../../support/recording-logger.js';
import { vectorFiles, type Vector } from '../../support/vectors.js';
import { interceptorContext, RecordingLowerLayer, RecordingUpperLayer } from '../layers.js';
import { memberPackage } from '../members.js';

export interface RigOptions {
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  readonly limits?: Partial<ChannelLimits>;
  readonly local?: MemberPackage;
  readonly lookup?: HostLookup;
}

/** One interceptor between two layers that write down what it does. */
export class InterceptorRig {
  readonly clock = new ManualClock();
  readonly lower = new RecordingLowerLayer();
  readonly upper = new RecordingUpperLayer();
  readonly log = recordingLogger();
  readonly subject: ChannelInterceptor;

  constructor(
    className: string,
    { attributes = {}, limits, local = memberPackage(4000), lookup }: RigOptions = {},
  ) {
    const texts = new Map(Object.entries(attributes).map(([name, value]) => [name, String(value)]));
    const context = interceptorContext(this.clock, local, this.log.logger, limits);
    this.subject = interceptorFactory({ className, attributes: texts })({
      ...context,
      ...(lookup && { lookup }),
    });
    this.subject.linkTo(this.upper, this.lower);
  }

  async start(): Promise<this> {
    await this.subject.start(StartLevel.DEFAULT);
    return this;
  }

  /** Payloads of what went down, in hexadecimal. */
  get sent(): string[] {
    return this.lower.sent.map(({ message }) => message.message.toString('hex'));
  }

  get received(): string[] {
    for (const data of this.upper.received) {
      expect([typeof data.timestamp, typeof data.uniqueId]).to.eql(['bigint', 'string']);
    }
    return this.upper.received.map(({ message }) => message.toString());
  }
}

/** As a receiver reads it: what is seldom asked for is no property of its own. */
export function channelData(message: string | Buffer, rest: Partial<ChannelData> = {}): ChannelData {
  const data = {
    options: 0,
    timestamp: 1_700_000_000_000n,
    uniqueId: randomUniqueId(),
    member: memberPackage(4001),
    message: Buffer.from(message),
    ...rest,
  };
  return new ChannelDataReader().read(encodeChannelData(data));
}

/** The vectors of page 03 whose name `pattern` matches, of every release. */
export function interceptorVectors(pattern: RegExp): Vector[] {
  const all = [...vectorFiles('03-interceptors').values()].flat();
  const found = all.filter(({ name }) => pattern.test(name));
  if (found.length === 0) {
    throw new Error(`no vector is like ${String(pattern)}`);
  }
  return found;
}

/** What a vector holds, which is a ChannelData. */
export function vectorMessage({ bytes }: Vector): ChannelData {
  return decodeChannelData(bytes);
}
