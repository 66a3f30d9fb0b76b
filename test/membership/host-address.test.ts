import { expect } from 'chai';
import fc from 'fast-check';
import { SocketAddress } from 'node:net';
import { endpointText, hostBytes, hostText } from '../../src/membership/index.js';

const address = (hex: string): string => hostText(Buffer.from(hex, 'hex'));

describe('hostText', () => {
  it('writes four bytes as dotted IPv4', () => {
    expect(address('7f000001')).to.equal('127.0.0.1');
    expect(address('c0a801c8')).to.equal('192.168.1.200');
  });

  it('writes sixteen bytes as IPv6 with the longest run of zeros left out', () => {
    expect(address('fe800000000000000000000000000001')).to.equal('fe80::1');
    expect(address('00000000000000000000000000000001')).to.equal('::1');
    expect(address('00000000000000000000000000000000')).to.equal('::');
    expect(address('20010db8000000000001000000000000')).to.equal('2001:db8:0:0:1::');
    expect(address('20010db8000100020003000400050006')).to.equal('2001:db8:1:2:3:4:5:6');
    expect(address('20010db8000000020003000400050006')).to.equal('2001:db8:0:2:3:4:5:6');
  });

  it('writes what is no address as Tomcat names such a member', () => {
    expect(address('01ff')).to.equal('{1, 255}');
    expect(address('')).to.equal('{}');
  });
});

describe('hostBytes', () => {
  it('reads IPv4, and IPv6 in every form', () => {
    const hex = (text: string): string | undefined => hostBytes(text)?.toString('hex');
    expect(hex('10.1.2.3')).to.equal('0a010203');
    expect(hex('::')).to.equal('0'.repeat(32));
    expect(hex('1::')).to.equal('0001' + '0'.repeat(28));
    expect(hex('fe80::1%eth0')).to.equal('fe80' + '0'.repeat(24) + '0001');
    expect(hex('::ffff:1.2.3.4')).to.equal('0'.repeat(20) + 'ffff01020304');
    expect(hex('2001:db8:1:2:3:4:5:6')).to.equal('20010db8000100020003000400050006');
  });

  it('reads nothing else', () => {
    for (const text of ['', 'localhost', '1.2.3', '1.2.3.256', '{1, 2}', ':::']) {
      expect(hostBytes(text)).to.equal(undefined);
    }
  });

  it('is the inverse of hostText', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc
        .array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
        .map((a) => Uint8Array.from(a)),
    );
    fc.assert(
      fc.property(bytes, (raw) => {
        expect(hostBytes(hostText(Buffer.from(raw)))).to.eql(Buffer.from(raw));
      }),
    );
  });

  it('agrees with Node about the text of IPv6 addresses', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const bytes = hostBytes(text);
        const canonical = new SocketAddress({ address: text, family: 'ipv6' }).address;
        // inet_ntop writes addresses that embed an IPv4 address with dots.
        fc.pre(!canonical.includes('.'));
        expect(bytes === undefined ? undefined : hostText(bytes)).to.equal(canonical);
      }),
    );
  });
});

describe('endpointText', () => {
  it('puts IPv6 in brackets', () => {
    expect(endpointText('1.2.3.4', 4000)).to.equal('1.2.3.4:4000');
    expect(endpointText('::1', 4000)).to.equal('[::1]:4000');
  });
});
