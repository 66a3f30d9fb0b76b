import { expect } from 'chai';
import {
  byteListText,
  formatStaticMember,
  parseStaticMember,
  parseStaticMembers,
  parseUniqueId,
  staticMemberAttributes,
} from '../../src/base/index.js';
import { thrownBy } from '../support/errors.js';

const ID = '{0,1,2,3,4,5,6,7,8,9,10,11,12,13,-127,-1}';
const ID_HEX = '000102030405060708090a0b0c0d81ff';

describe('a static member', () => {
  const whole = {
    host: 'tomcat-1',
    port: 4000,
    securePort: 4443,
    udpPort: 4600,
    uniqueId: ID_HEX,
    domain: Buffer.from('a b'),
  };

  it('is host and port, and what stands behind semicolons', () => {
    const text = `tomcat-1:4000; uniqueId=${ID}; domain=a b; securePort=4443; udpPort=4600`;
    expect(parseStaticMember(text)).to.eql(whole);
  });

  it('is host and port, and what stands behind a question mark, as in a URL', () => {
    const text = `tomcat-1:4000?domain=a%20b&uniqueId=${ID_HEX}&securePort=4443&udpPort=4600`;
    expect(parseStaticMember(text)).to.eql(whole);
  });

  it('may be an address, or a name; of nothing else there is anything unless it is said', () => {
    expect(parseStaticMember('[fe80::1]:4000')).to.eql({
      ...{ host: 'fe80::1', port: 4000, securePort: -1, udpPort: -1 },
      ...{ uniqueId: undefined, domain: Buffer.alloc(0) },
    });
    for (const host of ['10.0.0.5', 'tomcat', 'tomcat-0.tomcats.svc', 'a_b', '1.example', 'müller']) {
      expect(parseStaticMember(`${host}:1`).host).to.equal(host);
    }
  });

  for (const wrong of [
    ...['', 'tomcat', 'fe80::1:4000', '[10.0.0.5]:4000', '[tomcat]:4000', '10.0.0.256:4000', '10.0.5:4000'],
    ...['tomcat:0', 'tomcat:65536', 'tom cat:4000', '-x:4000', 'tomcat:4000,tomcat:4001'],
    ...['tomcat:4000;id=1', 'tomcat:4000;uniqueId=12', 'tomcat:4000;uniqueId={1,2}', 'tomcat:4000;udpPort=x'],
    ...['tomcat:4000?id=1', 'tomcat:4000?uniqueId=abc', 'tomcat:4000?udpPort=x', 'tomcat:4000?securePort=-2'],
    ...['tomcat:4000?domain=x&domain=y', 'tomcat:4000;domain=x;domain=y', 'tomcat:4000;domain'],
  ]) {
    it(`is not "${wrong}"`, () => {
      const error = thrownBy('TRIBES_E_MEMBERSHIP_STATIC', () => parseStaticMember(wrong));
      expect(error.message).to.contain(wrong);
    });
  }

  it('has a domain as any other', () => {
    thrownBy('TRIBES_E_MEMBERSHIP_DOMAIN', () => parseStaticMember('tomcat:4000;domain={999}'));
  });

  it('is written so that it is read as it was', () => {
    for (const attributes of [
      { host: '10.0.0.5', port: '4000' },
      { host: 'fe80::1', port: '4000', domain: 'a, {b}; c&d=é?', uniqueId: ID },
      { host: 'tomcat', port: '4000', domain: '{1,0,-1}', securePort: '4443', udpPort: '4600' },
    ]) {
      const text = formatStaticMember(new Map(Object.entries(attributes)));
      expect(text).not.to.match(/\s/);
      const read = parseStaticMember(text);
      expect(Object.fromEntries(staticMemberAttributes(read))).to.eql(attributes);
      expect(parseStaticMember(formatStaticMember(staticMemberAttributes(read)))).to.eql(read);
    }
  });

  it('may have its address as bytes in server.xml', () => {
    const host = (bytes: string): string =>
      parseStaticMember(
        formatStaticMember(
          new Map([
            ['host', bytes],
            ['port', '1'],
          ]),
        ),
      ).host;
    expect(host('{10, 0,0,-1}')).to.equal('10.0.0.255');
    expect(host('{-2,-128,0,0,0,0,0,0,0,0,0,0,0,0,0,1}')).to.equal('fe80:0:0:0:0:0:0:1');
    thrownBy('TRIBES_E_MEMBERSHIP_STATIC', () => host('{1,2}'));
  });
});

describe('static members', () => {
  it('are read with blanks between them', () => {
    const members = parseStaticMembers(` 10.0.0.5:4000?domain=a%20shop\n[fe80::1]:4003;uniqueId=${ID} x:1 `);
    expect(members.map(({ host, port }) => `${host} ${port}`)).to.eql([
      '10.0.0.5 4000',
      'fe80::1 4003',
      'x 1',
    ]);
    expect(members[0]?.domain.toString()).to.equal('a shop');
  });

  it('may be none', () => {
    expect(parseStaticMembers(' ')).to.eql([]);
  });

  it('are not the same one twice', () => {
    thrownBy('TRIBES_E_MEMBERSHIP_STATIC', () => parseStaticMembers('x:4000 x:4000'));
    expect(parseStaticMembers(`x:4000 x:4000;uniqueId=${ID}`)).to.have.length(2);
  });
});

describe('a unique id', () => {
  it('is sixteen signed bytes or 32 hexadecimal digits', () => {
    expect([parseUniqueId(ID), parseUniqueId(ID_HEX), parseUniqueId(ID_HEX.toUpperCase())]).to.eql([
      ...[ID_HEX, ID_HEX, ID_HEX],
    ]);
    expect(byteListText(Buffer.from(ID_HEX, 'hex'))).to.equal(ID);
    for (const wrong of [
      '',
      '{}',
      '{1,2}',
      `${ID}x`,
      ID_HEX.slice(1),
      `${ID_HEX}0`,
      ID.replace('-1', '-129'),
    ]) {
      expect(parseUniqueId(wrong), wrong).to.equal(undefined);
    }
  });
});
