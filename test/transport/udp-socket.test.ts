import { expect } from 'chai';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { setBufferSizes, udpSocket } from '../../src/transport/udp-socket.js';

describe('a UDP socket', () => {
  let socket: Socket;

  beforeEach(async () => {
    socket = udpSocket('127.0.0.1');
    const listening = once(socket, 'listening');
    socket.bind(0, '127.0.0.1');
    await listening;
  });

  afterEach(() => void socket.close());

  it('has the buffers that it is given', () => {
    setBufferSizes(socket, { udpRxBufSize: 8192, udpTxBufSize: 16_384 });
    // Linux takes as much again for itself.
    expect(socket.getRecvBufferSize()).to.be.oneOf([8192, 2 * 8192]);
    expect(socket.getSendBufferSize()).to.be.oneOf([16_384, 2 * 16_384]);
  });

  it('keeps to what it has where the system gives no such buffer', () => {
    const before = socket.getRecvBufferSize();
    setBufferSizes(socket, { udpRxBufSize: -1, udpTxBufSize: 16_384 });
    expect(socket.getRecvBufferSize()).to.be.at.least(before);
    expect(socket.getSendBufferSize()).to.be.oneOf([16_384, 2 * 16_384]);
  });

  it('is of the family of the address', () => {
    const ipv6 = udpSocket('::1');
    expect(() => ipv6.send('x', 1, '::1', () => undefined)).not.to.throw();
    ipv6.close();
  });
});
