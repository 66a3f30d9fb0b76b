import { createSocket } from 'node:dgram';
import { parentPort, workerData } from 'node:worker_threads';
import { decodeMemberPackage, startsMemberPackage } from '../../src/wire/index.js';

/** A thread of its own: what this process does besides must not make heartbeats seem late. */
const { address, port, bind } = workerData as { address: string; port: number; bind: string };

let arrivals = new Map<number, number[]>();

const socket = createSocket({ type: 'udp4', reuseAddr: true });
socket.on('message', (datagram) => {
  const now = performance.timeOrigin + performance.now();
  if (startsMemberPackage(datagram)) {
    const sender = decodeMemberPackage(datagram).port;
    const times = arrivals.get(sender);
    if (times === undefined) {
      arrivals.set(sender, [now]);
    } else {
      times.push(now);
    }
  }
});
socket.bind(port, address, () => {
  socket.addMembership(address, bind);
  parentPort?.postMessage('listening');
});
parentPort?.on('message', (wish) => {
  if (wish === 'take') {
    parentPort?.postMessage(arrivals);
    arrivals = new Map();
  } else {
    socket.close();
    parentPort?.close();
  }
});
