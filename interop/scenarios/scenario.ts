import type { TomcatVersion } from '../kit/index.js';
import type { Stage } from './stage.js';

/** A story with real Tomcats and our node. */
export interface Scenario {
  /** "sessions/10.1+9/option-6" */
  readonly name: string;
  readonly about: string;
  /** Whether it is part of `npm test`. */
  readonly core: boolean;
  readonly versions: readonly TomcatVersion[];
  /** "hosts": each member needs a host of its own, whose link can be cut. */
  readonly network?: 'hosts';
  /** Whether it is about our node's own coming and going, so that there is nothing to see without it. */
  readonly aboutTheNode?: boolean;
  readonly needsLoadBalancer?: boolean;
  /** Why it cannot be run here, if anything that not every machine has is missing. */
  readonly missing?: () => string | undefined;
  /** Whether docker-compose.yml has what it needs. */
  readonly inContainers?: boolean;
  run(stage: Stage): Promise<void>;
}
