import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../interop/kit/files.js';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe('the mirror', () => {
  it('is started in the same way by npm start, the container image and the manifest for Kubernetes', () => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: { readonly start: string } };
    const words = scripts.start.split(' ').slice(1);
    expect(words).to.include.members(['node', '--max-semi-space-size=32', 'mirror']);
    const quoted = words.map((word) => `"${word}"`).join(', ');
    expect(read('interop/docker/node/Dockerfile')).to.contain(`CMD [${quoted}]`);
    expect(read('docs/kubernetes.md')).to.contain(`args: [${words.join(', ')}]`);
  });
});
