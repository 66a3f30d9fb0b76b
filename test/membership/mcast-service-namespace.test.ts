import { canMakeNamespaces, runInNamespace } from '../support/network-namespace.js';

const script = new URL('namespace-scenarios.js', import.meta.url);

describe('McastService on an interface of its own (skipped unless root may make network namespaces)', () => {
  before(function () {
    if (!canMakeNamespaces()) {
      this.skip();
    }
  });

  const scenarios = {
    loopback: 'is not heard by nodes of the same host when localLoopbackDisabled is set',
    recovery: 'makes its socket anew when the interface went away and came back',
    'no-recovery': 'leaves it at errors when recoveryEnabled is false',
    'stop-in-recovery': 'stops in the middle of a recovery',
    ipv6: 'works with an IPv6 group',
    'no-multicast': 'names the setting when there is no default multicast interface',
    'cannot-send': 'does not start when its first heartbeat cannot be sent',
  };
  for (const [scenario, behaviour] of Object.entries(scenarios)) {
    it(behaviour, () => runInNamespace(script, [scenario]));
  }
});
