import { ClusterMember, type MemberIdentity } from './cluster-member.js';
import type { Dump } from './dump.js';
import { getJson } from './http-client.js';
import type { Runtime } from './runtime.js';
import type { Application } from './web-application.js';

export interface TomcatIdentity extends MemberIdentity {
  /** "10.1.60" */
  readonly release: string;
  /** What ends the ids of the sessions that it serves. */
  readonly jvmRoute?: string;
  readonly applications: readonly Application[];
}

/** One real Tomcat with the test applications. */
export class Tomcat extends ClusterMember {
  readonly release: string;
  readonly jvmRoute: string | undefined;
  readonly applications: readonly Application[];

  constructor(identity: TomcatIdentity, runtime: Runtime) {
    super(identity, runtime);
    this.release = identity.release;
    this.jvmRoute = identity.jvmRoute;
    this.applications = identity.applications;
  }

  /** Every session of an application as its manager holds it; touches none of them. */
  async dump(application: Application): Promise<Dump> {
    return (await getJson(`${this.url}${application.path}/dump`)) as Dump;
  }

  /** It is ready when every application answers. */
  protected override async checkReady(): Promise<void> {
    for (const application of this.applications) {
      await getJson(`${this.url}${application.path}/dump`, { timeout: 5_000 });
    }
  }
}
