import { expect } from 'chai';
import { networkInterfaces } from 'node:os';
import { resolveReceiverAddress, type HostFacts } from '../../src/transport/index.js';
import { rejectionOf } from '../support/errors.js';

function host(names: Record<string, string>, addresses: readonly string[] = []): HostFacts {
  const table = new Map(Object.entries(names));
  return {
    hostname: 'node',
    lookup: (name) => {
      const address = table.get(name);
      return address === undefined ? Promise.reject(new Error(`unknown ${name}`)) : Promise.resolve(address);
    },
    addresses,
  };
}

describe('resolveReceiverAddress', () => {
  it('takes an address as it is', async () => {
    expect(await resolveReceiverAddress('10.1.2.3', host({}))).to.equal('10.1.2.3');
    expect(await resolveReceiverAddress('fd00::1', host({}))).to.equal('fd00::1');
    expect(await resolveReceiverAddress('127.0.0.1', host({}))).to.equal('127.0.0.1');
  });

  it('looks up a name', async () => {
    expect(await resolveReceiverAddress('tomcat1', host({ tomcat1: '10.1.2.3' }))).to.equal('10.1.2.3');
    await rejectionOf('TRIBES_E_RECEIVER_ADDRESS', resolveReceiverAddress('tomcat2', host({})));
  });

  for (const address of ['0.0.0.0', '::']) {
    it(`refuses ${address}, which nobody can connect to`, async () => {
      const error = await rejectionOf('TRIBES_E_RECEIVER_UNANNOUNCEABLE', resolveReceiverAddress(address));
      expect(error.message).to.contain('receiver.address');
    });
  }

  describe('auto', () => {
    const auto = (facts: HostFacts): Promise<string> => resolveReceiverAddress('auto', facts);

    it('is the address of the host name, as in Tomcat', async () => {
      expect(await auto(host({ node: '10.1.2.3' }, ['127.0.0.1', '10.9.9.9']))).to.equal('10.1.2.3');
    });

    it('is the first address that others reach where the host name means the loopback', async () => {
      const addresses = ['127.0.0.1', '::1', 'fe80::1', '169.254.1.1', 'fd00::1', '10.1.2.3', '10.1.2.4'];
      expect(await auto(host({ node: '127.0.1.1' }, addresses))).to.equal('10.1.2.3');
      expect(await auto(host({ node: '::1' }, addresses))).to.equal('10.1.2.3');
    });

    it('is that too where the host name is unknown', async () => {
      expect(await auto(host({}, ['127.0.0.1', '10.1.2.3']))).to.equal('10.1.2.3');
    });

    it('is an IPv6 address where there is no other', async () => {
      expect(await auto(host({}, ['127.0.0.1', '::1', 'fe80::1', 'fd00::1']))).to.equal('fd00::1');
    });

    it('is the loopback where there is nothing else', async () => {
      expect(await auto(host({ node: '127.0.1.1' }, ['127.0.0.1', '::1']))).to.equal('127.0.1.1');
      expect(await auto(host({}, ['127.0.0.1', '::1']))).to.equal('127.0.0.1');
    });
  });

  it('knows the addresses of this host', async () => {
    const own = Object.values(networkInterfaces()).flatMap((list = []) => list.map(({ address }) => address));
    expect(await resolveReceiverAddress('localhost')).to.be.oneOf([...own, '127.0.0.1']);
  });
});
