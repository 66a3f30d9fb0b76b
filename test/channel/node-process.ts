import { LoopbackNode } from './loopback-node.js';

/**
 * A node in a process of its own, to be killed. Arguments: address and port of the group, and
 * the frequency of its heartbeats. Ends with its input.
 */
const [address = '', port = '', frequency = ''] = process.argv.slice(2);
const node = new LoopbackNode({ address, port: Number(port) }, { frequency: Number(frequency) });
await node.channel.start();
process.stdout.write(`started ${node.port}\n`);
process.stdin.on('end', () => process.exit(0)).resume();
