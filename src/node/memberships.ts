import {
  parseDomain,
  parseStaticMember,
  randomUniqueId,
  type Clock,
  type Logger,
  type UniqueId,
} from '../base/index.js';
import { StaticMembershipMessenger, type GroupChannel } from '../channel/index.js';
import type { Settings } from '../config/index.js';
import {
  CloudMembershipService,
  DnsLookup,
  KubernetesLookup,
  LocalMember,
  McastService,
  MergedMembershipService,
  StaticMembershipService,
  type Environment,
  type MemberLookup,
  type MembershipService,
} from '../membership/index.js';
import { encodeMirrorPayload, type ChannelData } from '../wire/index.js';
import { mcastSettings, membershipLimits } from './room-settings.js';

export interface MembershipParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where cloud providers look for their settings. */
  readonly environment: Environment;
  /** Our id; default: a random one. */
  readonly uniqueId?: UniqueId;
  readonly onBroadcast?: (message: ChannelData) => void;
}

/** The membership that the settings name. */
export interface NodeMembership {
  readonly service: MembershipService;
  /** To be called before it is started with MBR_TX: what needs the channel gets it. */
  readonly attach: (channel: GroupChannel) => void;
}

/**
 * Errors: TRIBES_E_MEMBERSHIP_DOMAIN, TRIBES_E_MEMBERSHIP_STATIC, TRIBES_E_MEMBERSHIP_KUBERNETES.
 */
export function createMembership(settings: Settings, parts: MembershipParts): NodeMembership {
  const { clock, logger, environment, uniqueId = randomUniqueId(), onBroadcast } = parts;
  const { type, domain } = settings.membership;
  const common = {
    clock,
    logger,
    limits: membershipLimits(settings),
    heartbeatSleeptime: settings.channel.heartbeatSleeptime,
    local: new LocalMember({
      uniqueId,
      domain: parseDomain(domain),
      payload: encodeMirrorPayload(),
    }),
  };
  const attachments: ((channel: GroupChannel) => void)[] = [];
  const cloud = (lookup: MemberLookup): MembershipService => {
    const { expirationTime } = settings.cloudMembership;
    const receiverPort = settings.receiver.port;
    const service = new CloudMembershipService({ ...common, lookup, receiverPort, expirationTime });
    attachments.push((channel) =>
      channel.addChannelListener({
        messageReceived: ({ sender }) => {
          service.heard(sender.info);
          return false;
        },
      }),
    );
    return service;
  };
  const { dnsName, ...kubernetes } = settings.cloudMembership;
  const makers: Readonly<Record<(typeof type)[number], () => MembershipService>> = {
    multicast: () =>
      new McastService({
        ...common,
        settings: mcastSettings(settings),
        ...(onBroadcast !== undefined && { onBroadcast }),
      }),
    static: () => {
      const { members, ...rest } = settings.staticMembership;
      const list = { ...rest, members: members.map(parseStaticMember) };
      const service = new StaticMembershipService({ ...common, settings: list });
      const { servletApi } = settings.manager;
      attachments.push((channel) =>
        service.setMessenger(new StaticMembershipMessenger({ clock, logger, channel, servletApi })),
      );
      return service;
    },
    dns: () => cloud(new DnsLookup({ environment, ...(dnsName !== null && { name: dnsName }) })),
    kubernetes: () => {
      const { namespace, labels, connectTimeout, readTimeout } = kubernetes;
      const place = { ...(namespace !== null && { namespace }), ...(labels !== null && { labels }) };
      return cloud(
        new KubernetesLookup({ environment, startedAt: clock.now(), connectTimeout, readTimeout, ...place }),
      );
    },
  };
  const services = type.map((one) => makers[one]());
  const [only] = services;
  return {
    service:
      only !== undefined && services.length === 1
        ? only
        : new MergedMembershipService(common.local, services),
    attach: (channel) => attachments.forEach((attachment) => attachment(channel)),
  };
}
