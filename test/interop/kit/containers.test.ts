import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { APP, missingInContainers } from '../../../interop/kit/index.js';
import { scenarios } from '../../../interop/scenarios/index.js';

describe('the containers of docker-compose.yml', () => {
  it('are two Tomcats, each of a version, with the test applications and send options', () => {
    const applications = [APP, { kind: 'form', path: '/form' } as const];
    expect(missingInContainers(1, { version: '9' })).to.deep.equal([]);
    expect(missingInContainers(2, { version: '10.1', applications, channelSendOptions: 6 })).to.deep.equal(
      [],
    );
  });

  it('do not have what else a plan may ask for', () => {
    const managerAttributes = { expireSessionsOnShutdown: true };
    expect(missingInContainers(3, { version: '9', managerAttributes })).to.deep.equal([
      'a Tomcat 3',
      'managerAttributes',
    ]);
    for (const application of [
      { kind: 'tiny', path: '' },
      { kind: 'lean', path: '/app' },
      { ...APP, crossContext: true },
      { ...APP, version: '003' },
    ] as const) {
      const missing = missingInContainers(1, { version: '9', applications: [application] });
      expect(missing, application.path).to.have.lengthOf(1);
    }
  });

  it('are where the scenarios run that docs/interop.md names, and no other', () => {
    const page = readFileSync(new URL('../../../../docs/interop.md', import.meta.url), 'utf8');
    const list = /Only what needs no more than that\s+file has is run there: ([^.]+)\./.exec(page)?.[1] ?? '';
    const named = [...list.matchAll(/`([^`…]+)(…?)`/g)].map(([, name = '', more]) => ({ name, more }));
    const isNamed = (scenario: string): boolean =>
      named.some(({ name, more }) => (more === '' ? scenario === name : scenario.startsWith(name)));
    const wrong = scenarios.filter(({ name, inContainers }) => isNamed(name) !== (inContainers === true));
    expect(named).to.have.lengthOf(8);
    expect(wrong.map(({ name }) => name)).to.deep.equal([]);
  });

  it('have neither links to cut nor a load balancer that takes a Tomcat out', () => {
    const asked = scenarios.filter(({ inContainers }) => inContainers === true);
    expect(asked.filter(({ network, needsLoadBalancer }) => network ?? needsLoadBalancer)).to.deep.equal([]);
  });
});
