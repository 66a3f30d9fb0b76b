import { randomInt } from 'node:crypto';
import { silentLogger, systemClock, type InterceptorSpec } from '../../../src/base/index.js';
import { interceptorFactory } from '../../../src/channel/index.js';
import { parseInterceptors } from '../../../src/config/interceptor-text.js';
import { McastService, type Member } from '../../../src/membership/index.js';
import { compileJava, JavaProcess, sourceFile } from '../../support/jvm.js';
import { LoopbackNode, type Group } from '../loopback-node.js';

/** Milliseconds between heartbeats of the membership. */
const FREQUENCY = 100;

/** `specs` with attributes that only this node has. */
export function withOurs(
  stack: string,
  className: string,
  attributes: Readonly<Record<string, string>>,
): InterceptorSpec[] {
  return specsOf(stack).map((spec) =>
    spec.className === className
      ? { ...spec, attributes: new Map([...(spec.attributes ?? []), ...Object.entries(attributes)]) }
      : spec,
  );
}

export function specsOf(stack: string): InterceptorSpec[] {
  return parseInterceptors(stack) ?? [];
}

/** A node of ours with these interceptors. */
export function nodeWith(group: Group, specs: readonly InterceptorSpec[], domain = ''): LoopbackNode {
  const settings = { ...group, bind: '127.0.0.1', frequency: FREQUENCY, domain };
  return new LoopbackNode(group, {
    interceptors: specs.map(interceptorFactory),
    createMembership: (onBroadcast) =>
      new McastService({ clock: systemClock, logger: silentLogger, settings, onBroadcast }),
  });
}

/** A GroupChannel of a Tomcat with interceptors as `stack` describes them, known to `node` and knowing it. */
export class TomcatPeer {
  readonly jvm: JavaProcess;
  readonly member: Member;

  private constructor(jvm: JavaProcess, member: Member) {
    this.jvm = jvm;
    this.member = member;
  }

  static async start(
    group: Group,
    classPath: string,
    {
      stack,
      node,
      domain = '',
    }: { readonly stack: string; readonly node: LoopbackNode; readonly domain?: string },
  ): Promise<TomcatPeer> {
    const classes = await compileJava([sourceFile('test/channel/jvm/TribesPeer.java')], classPath);
    const described = specsOf(stack).map(({ className, attributes = new Map<string, string>() }) =>
      [className, ...[...attributes].map(([name, value]) => `${name}=${value}`)].join(';'),
    );
    const ports = [group.port, FREQUENCY, randomInt(20_000, 60_000)].map(String);
    const jvm = new JavaProcess({
      mainClass: 'TribesPeer',
      classPath: [classes, classPath],
      jvmOptions: ['-Djava.net.preferIPv4Stack=true'],
      args: [group.address, ...ports, ...(domain === '' ? [] : [`domain=${domain}`]), ...described],
    });
    const port = Number((await jvm.line(/^started/)).split(' ')[1]);
    await jvm.line(new RegExp(`^added ${node.port} `));
    return new TomcatPeer(jvm, await node.member(port));
  }
}

/** The Java stream of a string. */
export function streamOf(text: string): Buffer {
  const isLong = text.length > 65_535;
  const head = Buffer.alloc(isLong ? 13 : 7);
  head.write('aced0005', 'hex');
  head[4] = isLong ? 0x7c : 0x74;
  if (isLong) {
    head.writeBigUInt64BE(BigInt(text.length), 5);
  } else {
    head.writeUInt16BE(text.length, 5);
  }
  return Buffer.concat([head, Buffer.from(text)]);
}
