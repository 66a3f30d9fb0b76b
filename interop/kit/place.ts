import type { LoadBalancer, LoadBalancerOptions } from './load-balancer.js';
import type { MirrorNode } from './mirror-node.js';
import type { Link } from './network.js';
import type { Tomcat } from './tomcat.js';
import type { ClusterSettings, Endpoint, Group, ServerSettings } from './tomcat-settings.js';
import type { TomcatVersion } from './installation.js';
import type { Application } from './web-application.js';

/** What a Tomcat shall be like. */
export interface TomcatPlan
  extends Omit<ClusterSettings, 'group'>, Pick<ServerSettings, 'backgroundProcessorDelay'> {
  readonly version: TomcatVersion;
  /** Default: the application `app` at /app. */
  readonly applications?: readonly Application[];
  readonly replicationLogLevel?: string;
  /** The port of its receiver, where others have to know it before it is made. Default: one that is free. */
  readonly receiverPort?: number;
  /** Whether its sessions' ids name it (jvmRoute), as a sticky load balancer needs it; default: they do. */
  readonly route?: boolean;
  /** One that has ended, whose addresses, ports and jvmRoute it takes over: the same server with another release. */
  readonly inPlaceOf?: Tomcat;
}

export type BalancerOptions = Pick<LoadBalancerOptions, 'sticky'>;

/** Flags of a node; where they depend on where it will be, a function of that. */
export type NodeFlags = readonly string[] | ((where: Endpoint) => readonly string[]);

/** Where the members of one cluster live. */
export interface Place {
  /** Where a person finds logs and configurations. */
  readonly files: string;
  /** Where this process can be a member itself; undefined where it cannot. */
  readonly own?: { readonly group: Group; readonly address: string };
  /** Makes the Tomcat of that number, from 1, and does not start it. */
  tomcat(number: number, plan: TomcatPlan): Promise<Tomcat>;
  node(number: number, flags: NodeFlags): Promise<MirrorNode>;
  /** A load balancer in front of these Tomcats, not started. */
  balancer(tomcats: readonly Tomcat[], options?: BalancerOptions): Promise<LoadBalancer>;
  /** The member's only link, where it has one of its own. */
  link(member: Tomcat | MirrorNode): Link | undefined;
  /** The link of whoever talks to the members, where it has one of its own. */
  readonly clientLink: Link | undefined;
  /** Kills what still runs, and takes the files away unless they shall stay. */
  close(keepFiles: boolean): Promise<void>;
}
