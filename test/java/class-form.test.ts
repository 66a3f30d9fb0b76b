import { expect } from 'chai';
import { readObject, readStream, writeStream, type JavaObject } from '../../src/java/index.js';
import { bytes, classDesc, ref, stream, string } from './kit/bytes.js';

/** Class descriptors are known by their bytes from stream to stream: no two that differ may be taken for each other. */
describe('class descriptors that were met before', () => {
  const fields = [['I count'], ['L name', string('Ljava/lang/String;')], ['L next', ref(1)]] as const;
  const object = stream('73', classDesc('org.example.Item', 2, fields), '00000005', '7070');

  it('are told apart wherever a byte differs', () => {
    const descLength = classDesc('org.example.Item', 2, fields).length;
    for (let round = 0; round < 2; round++) {
      for (let at = 6; at < 5 + descLength; at++) {
        const variant = Buffer.from(object);
        variant[at] = (variant[at] ?? 0) ^ 1;
        let read: Buffer | undefined;
        try {
          read = writeStream(readStream(variant));
        } catch {
          // Not all are streams.
        }
        expect(read?.equals(variant), `byte ${at}`).to.not.equal(false);
        expect(writeStream(readStream(object)).equals(object)).to.be.true;
      }
    }
  });

  it('share no node with another stream', () => {
    const [one, other] = [readObject(object) as JavaObject, readObject(object) as JavaObject];
    expect(one).to.deep.equal(other);
    expect(one.desc).to.not.equal(other.desc);
    const signatures = [one, other].map(({ desc }) =>
      desc.kind === 'classDesc' ? desc.fields.map(({ signature }) => signature) : [],
    );
    expect(signatures[0]?.[1]).to.equal(signatures[0]?.[2]);
    expect(signatures[0]?.[1]).to.not.equal(signatures[1]?.[1]);
  });

  it('refer to what stands in their own stream', () => {
    const desc = classDesc('org.example.Item', 2, fields);
    const shifted = stream(string('before'), '73', desc, '00000005', '7070');
    expect(() => readStream(shifted)).to.throw(/string/);
    const names = ['Ljava/lang/String;', 'Ljava/lang/Object;'].map((type) => {
      const own = stream(string(type), '76', classDesc('org.example.Own', 2, [['L own', ref(0)]]));
      const [, value] = readStream(own).contents;
      return value?.kind === 'class' && value.desc?.kind === 'classDesc'
        ? value.desc.fields[0]?.signature?.value
        : undefined;
    });
    expect(names).to.deep.equal(['Ljava/lang/String;', 'Ljava/lang/Object;']);
  });

  it('keep nothing of a stream whose names are no canonical text', () => {
    const odd = stream('76', bytes('72 0002 c041 0000000000000001 02 0000 78 70'));
    for (let round = 0; round < 2; round++) {
      expect(writeStream(readStream(odd)).equals(odd)).to.be.true;
    }
  });

  it('may be longer than what is kept', () => {
    const long = stream('76', classDesc('A'.repeat(5000), 2, [['I a']]));
    for (let round = 0; round < 2; round++) {
      expect(writeStream(readStream(long)).equals(long)).to.be.true;
    }
  });
});
