import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contextName, sessionId } from '../../src/base/index.js';
import { encodeSessionMessage, sessionMessages, type SessionMessage } from '../../src/wire/index.js';
import { settingsWith, type Settings } from '../../src/config/index.js';
import { startNode, type StartNodeOptions, type TribesNode } from '../../src/node/index.js';
import { LoopbackNode, randomGroup } from '../channel/loopback-node.js';

/** Sent with acknowledgement after processing, as Tomcat's option 6. */
const SYNCHRONOUSLY = 6;

/** Nodes on the loopback interface, in a multicast group and directories of their own. */
export class TestCluster {
  readonly directory = mkdtempSync(join(tmpdir(), 'tribes-node-'));
  readonly group = randomGroup();
  readonly #running: (() => Promise<void>)[] = [];

  /** As flags: quick heartbeats, ports that the system chooses. */
  flags(name: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      'membership.address': this.group.address,
      'membership.port': String(this.group.port),
      'membership.bind': '127.0.0.1',
      'membership.frequency': '50',
      'receiver.address': '127.0.0.1',
      'receiver.port': '0',
      'http.port': '0',
      data: this.dataOf(name),
      ...more,
    };
  }

  dataOf(name: string): string {
    return join(this.directory, name);
  }

  settings(name: string, more: Readonly<Record<string, string>> = {}): Settings {
    return settingsWith(this.flags(name, more));
  }

  async start(
    name: string,
    more: Readonly<Record<string, string>> = {},
    options: StartNodeOptions = {},
  ): Promise<TribesNode> {
    const node = await startNode(this.settings(name, more), options);
    this.#running.push(() => node.stop());
    return node;
  }

  /** A member that only sends what a test wants, and takes everything. */
  async peer(): Promise<LoopbackNode> {
    const peer = new LoopbackNode(this.group, { frequency: 50 });
    this.#running.push(() => peer.channel.stop());
    await peer.channel.start();
    return peer;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((stop) => stop()));
    rmSync(this.directory, { recursive: true });
  }
}

/** Sends a session message from `peer` to the member at `port`, and waits until it has been processed. */
export async function send(peer: LoopbackNode, port: number, message: SessionMessage): Promise<void> {
  const member = await peer.member(port);
  const { faulty } = await peer.channel.send(
    [member],
    (dialect) => encodeSessionMessage(message, dialect),
    SYNCHRONOUSLY,
  );
  if (faulty[0] !== undefined) {
    throw faulty[0].cause;
  }
}

export function created(id: string, context = 'localhost#/app'): SessionMessage {
  const now = Date.now();
  return sessionMessages.created(contextName(context), sessionId(id), now, now);
}
