import { expect } from 'chai';
import { cloudUniqueId } from '../../src/wire/index.js';
import { vectorFiles } from '../support/vectors.js';

describe('unique id', () => {
  for (const [file, vectors] of vectorFiles('01-membership')) {
    for (const vector of vectors.filter(({ name }) => name.startsWith('cloud-id-'))) {
      it(`of a member found in the cloud is that of ${vector.name}, ${file}`, () => {
        expect(cloudUniqueId(vector.fields['input'] as string)).to.equal(vector.bytes.toString('hex'));
      });
    }
  }
});
