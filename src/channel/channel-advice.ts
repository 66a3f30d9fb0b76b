import { INTERCEPTOR_PACKAGE } from '../base/index.js';
import { StartLevel } from '../membership/index.js';

const STATIC = 'StaticMembershipInterceptor';

/**
 * What will not work with these interceptors, the one nearest to the application first, with or without their package, and this
 * sum of StartLevel: a sentence each (for the interceptors, `StaticMembershipInterceptor.start`).
 */
export function channelAdvice(interceptors: readonly string[], startLevel: number): readonly string[] {
  const names = interceptors.map((name) => name.replace(INTERCEPTOR_PACKAGE, ''));
  return [...staticMembersAdvice(names), ...startLevelAdvice(names, startLevel)];
}

function staticMembersAdvice(interceptors: readonly string[]): string[] {
  if (!interceptors.includes(STATIC)) {
    return [];
  }
  const above = interceptors.slice(0, interceptors.indexOf(STATIC));
  const lacks = (name: string): boolean => !above.includes(name);
  return [
    ...(lacks('TcpFailureDetector')
      ? [
          `there is no TcpFailureDetector before the ${STATIC}: a static member that dies is never noticed, and counts as there before it has started`,
        ]
      : []),
    ...(lacks('TcpPingInterceptor')
      ? [
          `there is no TcpPingInterceptor before the ${STATIC}: a static member that dies is not noticed until something is sent to it`,
        ]
      : []),
  ];
}

function startLevelAdvice(interceptors: readonly string[], startLevel: number): string[] {
  const isOff = (level: number): boolean => (startLevel & level) === 0;
  const only = interceptors.includes(STATIC)
    ? `only those of the ${STATIC} are known`
    : 'nobody is known, and there are no sessions';
  return [
    ...(isOff(StartLevel.MBR_RX)
      ? [`cluster.channelStartOptions is ${startLevel}: the membership does not listen, ${only}`]
      : []),
    ...(isOff(StartLevel.MBR_TX)
      ? [`cluster.channelStartOptions is ${startLevel}: the membership does not tell the others of this node`]
      : []),
  ];
}
