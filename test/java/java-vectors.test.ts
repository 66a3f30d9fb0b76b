import { expect } from 'chai';
import {
  cut,
  isValue,
  packStream,
  readStream,
  scanStream,
  spliceOutput,
  unpackStream,
  writeStream,
} from '../../src/java/index.js';
import { vectorFiles } from '../support/vectors.js';
import { expectToTile } from './kit/extents.js';
import { difference } from './kit/isomorphic.js';
import { MapDictionary } from './kit/map-dictionary.js';

const HEADER = Buffer.from('aced0005', 'hex');

/** Streams that cannot be understood to their end, and why. */
const OPAQUE: Readonly<Record<string, string>> = {
  'externalizable-v1': 'externalizable-v1 JdkVectors$Ext',
  'delta-session-object-unreadable': 'torn org.apache.catalina.ha.session.DeltaSession',
};

const streams = ['01-', '02-', '04-', '05-', '06-', '08-']
  .flatMap((prefix) => [...vectorFiles(prefix)])
  .flatMap(([file, vectors]) => vectors.map(({ name, bytes }) => ({ name, bytes, label: `${file} ${name}` })))
  .filter(({ bytes }) => bytes.subarray(0, 4).equals(HEADER));

describe('Java streams that JDKs and Tomcats wrote', () => {
  it('are enough to mean something', () => {
    expect(streams.length).to.be.above(400);
  });

  it('are the same bytes after read and write', () => {
    for (const { bytes, label } of streams) {
      expect(writeStream(readStream(bytes)).equals(bytes), label).to.be.true;
    }
  });

  it('are understood to their end, with known exceptions', () => {
    for (const { name, bytes, label } of streams) {
      const { opaque } = readStream(bytes);
      expect(opaque && `${opaque.reason} ${opaque.className}`, label).to.equal(OPAQUE[name]);
    }
  });

  it('are scanned to the contents that reading finds', () => {
    for (const { bytes, label } of streams) {
      const { contents, opaque } = readStream(bytes);
      const kinds = contents.map((content) => (isValue(content) ? 'value' : content.kind));
      const scanned = scanStream(bytes).contents;
      expectToTile(scanned, bytes.length, label);
      expect(
        scanned.map(({ kind }) => kind),
        label,
      ).to.deep.equal(opaque ? [...kinds, 'opaque'] : kinds);
    }
  });

  it('hold values that are the same graph when they are cut out, one by one or together', () => {
    for (const { bytes, label } of streams) {
      const values = readStream(bytes).contents.filter(isValue);
      const scanned = scanStream(bytes).values;
      scanned.forEach((value, i) => {
        const { contents } = readStream(cut([value]));
        expect(difference(values.slice(i, i + 1), contents), label).to.equal(undefined);
      });
      const { contents } = readStream(cut(scanned));
      expect(difference(values, contents), label).to.equal(undefined);
    }
  });

  it('are cut and spliced to the very bytes of the JVM, where one object is the whole stream', () => {
    for (const { bytes, label } of streams) {
      const { contents, values } = scanStream(bytes);
      if (contents.length === 1 && values.length === 1) {
        const stream = cut(values);
        expect(stream.equals(bytes), label).to.be.true;
        const output = spliceOutput();
        output.writeObject(stream);
        expect(output.toBuffer().equals(bytes), label).to.be.true;
      }
    }
  });

  it('are the same bytes after pack and unpack', () => {
    const dictionary = new MapDictionary();
    for (const { bytes, label } of streams) {
      expect(unpackStream(packStream(bytes, dictionary), dictionary).equals(bytes), label).to.be.true;
    }
  });
});
