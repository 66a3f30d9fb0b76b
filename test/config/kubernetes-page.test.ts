import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { loadSettings } from '../../src/config/index.js';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: { readonly serviceAccountName: string; readonly containers: readonly Container[] };
    };
  };
  readonly rules: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
}

interface Container {
  readonly ports: readonly { readonly containerPort: number }[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
}

const page = readFileSync(new URL('../../../docs/kubernetes.md', import.meta.url), 'utf8');

const manifests = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].flatMap(([, text = '']) =>
  parseAllDocuments(text).map((document) => {
    expect(document.errors).to.eql([]);
    return document.toJS() as Manifest;
  }),
);

const pods = manifests
  .filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
  .map(({ spec: { template } }) => ({ labels: template.metadata.labels, ...template.spec }));

describe('docs/kubernetes.md', () => {
  it('has manifests of one namespace, with the right to list pods', () => {
    expect(manifests.map(({ kind }) => kind)).to.include.members([
      'Role',
      'RoleBinding',
      'StatefulSet',
      'Service',
    ]);
    expect(new Set(manifests.map(({ metadata }) => metadata.namespace))).to.eql(new Set(['shop']));
    const [rule] = manifests.find(({ kind }) => kind === 'Role')?.rules ?? [];
    expect(rule).to.deep.include({ resources: ['pods'], verbs: ['get', 'list'] });
    expect(pods.map(({ serviceAccountName }) => serviceAccountName)).to.eql([
      'tomcat-cluster',
      'tomcat-cluster',
    ]);
  });

  it('gives Tomcats and node the same labels to ask for, and the same receiver port', () => {
    expect(pods).to.have.length(2);
    for (const { labels, containers } of pods) {
      expect(labels['cluster']).to.equal('shop');
      const [container] = containers;
      expect(container?.env.find(({ name }) => name === 'KUBERNETES_LABELS')?.value).to.equal('cluster=shop');
      expect(container?.ports.map(({ containerPort }) => containerPort)).to.include(4000);
    }
  });

  it('sets nothing for the node that is no setting', () => {
    const variables = pods[1]?.containers[0]?.env ?? [];
    const environment = Object.fromEntries(variables.map(({ name, value }) => [name, value ?? '10.1.2.3']));
    const { settings, warnings } = loadSettings({ environment });
    expect(warnings).to.eql([]);
    expect(settings.membership.type).to.eql(['kubernetes']);
    expect(settings.receiver).to.include({ address: '10.1.2.3', port: 4000, autoBind: 1 });
  });
});
