import { expect } from 'chai';
import { absoluteOrder, makeMember } from '../../src/membership/index.js';
import { decodeMemberPackage } from '../../src/wire/index.js';
import { vectorFiles } from '../support/vectors.js';

describe('absoluteOrder', () => {
  it('is that of Tomcat 10.1.60', () => {
    const vectors = vectorFiles('01-membership-tomcat10.1.60').get('01-membership-tomcat10.1.60.json') ?? [];
    const vector = vectors.find(({ name }) => name === 'order-absolute');
    const bytes = vector?.bytes ?? Buffer.alloc(0);
    const length = bytes.length / 4;
    const members = [0, 1, 2, 3].map((at) =>
      makeMember(decodeMemberPackage(bytes.subarray(at * length, (at + 1) * length))),
    );
    const texts = [
      'tcp://10.0.0.1:3999',
      'tcp://10.0.0.1:4000',
      'tcp://10.0.0.2:4000',
      'tcp://200.0.0.3:4000',
    ];
    expect(members.sort(absoluteOrder).map(({ name }) => name)).to.eql(texts);
    expect(
      members
        .toReversed()
        .sort(absoluteOrder)
        .map(({ name }) => name),
    ).to.eql(texts);
  });
});
