import { expect } from 'chai';
import { AccessPolicy, type AccessOptions, type Credentials } from '../../src/api/access.js';
import { codeOf } from '../support/code-of.js';

const TOKEN = 'abcdefghijklmnopqrstuvwxyz';

function policy(options: Partial<AccessOptions> = {}): AccessPolicy {
  return new AccessPolicy({
    address: '127.0.0.1',
    allowedHosts: [],
    token: TOKEN,
    writeToken: null,
    cookieName: 'tribes-1234',
    ...options,
  });
}

function credentials(given: Partial<Credentials>): Credentials {
  return {
    host: '127.0.0.1:8088',
    origin: undefined,
    authorization: undefined,
    cookie: undefined,
    token: null,
    ...given,
  };
}

describe('AccessPolicy', () => {
  describe('of the Host', () => {
    const refused = (host: string | undefined, options: Partial<AccessOptions> = {}) =>
      codeOf(() => policy(options).checkHost(credentials({ host }))) === 'TRIBES_E_API_HOST';

    it('takes the address, localhost and the names that are configured, with any port', () => {
      const options = { allowedHosts: ['mirror.example'] };
      for (const host of ['127.0.0.1', '127.0.0.1:9999', 'localhost:8088', 'LocalHost', 'MIRROR.example:1']) {
        expect(refused(host, options), host).to.be.false;
      }
    });

    it('takes IPv6 in brackets', () => {
      expect(refused('[::1]:8088', { address: '::1' })).to.be.false;
      expect(refused('[::2]:8088', { address: '::1' })).to.be.true;
    });

    it('refuses every other name: a page whose name was rebound to this address', () => {
      for (const host of [
        'evil.example',
        'evil.example:8088',
        '127.0.0.1.evil.example',
        '10.0.0.1',
        '',
        undefined,
      ]) {
        expect(refused(host), host).to.be.true;
      }
    });

    it('refuses what only looks like ours', () => {
      for (const host of [
        'localhost@evil',
        'localhost:80:80',
        'evil/localhost',
        '[localhost]',
        'localhost.',
      ]) {
        expect(refused(host), host).to.be.true;
      }
    });

    it('takes every literal address, and no name, when it is bound to all addresses', () => {
      for (const address of ['0.0.0.0', '::']) {
        expect(refused('10.1.2.3:8088', { address })).to.be.false;
        expect(refused('[2001:db8::1]', { address })).to.be.false;
        expect(refused('evil.example', { address })).to.be.true;
      }
    });
  });

  describe('of the Origin', () => {
    const refused = (origin: string, host = '127.0.0.1:8088') =>
      codeOf(() => policy().checkOrigin(credentials({ host, origin }))) === 'TRIBES_E_API_ORIGIN';

    it('takes the origin that is asked', () => {
      expect(refused('http://127.0.0.1:8088')).to.be.false;
      expect(refused('https://localhost', 'localhost')).to.be.false;
    });

    it('refuses every other, other ports included', () => {
      for (const origin of [
        'http://evil.example',
        'http://127.0.0.1:8089',
        'http://localhost:8088',
        'null',
        '',
        'file://',
      ]) {
        expect(refused(origin), origin).to.be.true;
      }
    });
  });

  describe('of the token', () => {
    const refused = (given: Partial<Credentials>, token: string | null = TOKEN) =>
      codeOf(() => policy({ token }).checkToken(credentials(given))) === 'TRIBES_E_API_UNAUTHORIZED';

    it('takes it from the header, the query and the cookie', () => {
      expect(refused({ authorization: `Bearer ${TOKEN}` })).to.be.false;
      expect(refused({ authorization: `bearer ${TOKEN}` })).to.be.false;
      expect(refused({ token: TOKEN })).to.be.false;
      expect(refused({ cookie: `a=b; tribes-1234=${TOKEN}; c=d` })).to.be.false;
    });

    it('refuses what is missing, wrong, shorter, longer, or in another place', () => {
      for (const given of [
        {},
        { authorization: `Bearer ${TOKEN}x` },
        { authorization: `Bearer ${TOKEN.slice(1)}` },
        { authorization: `Basic ${TOKEN}` },
        { authorization: TOKEN },
        { authorization: 'Bearer ' },
        { token: '' },
        { cookie: `tribes=${TOKEN}` },
        { cookie: `tribes-1234` },
        { cookie: 'tribes-1234=%' },
      ]) {
        expect(refused(given), JSON.stringify(given)).to.be.true;
      }
    });

    it('asks for none when there is none', () => {
      expect(refused({}, null)).to.be.false;
    });
  });
});
