import { contextName, sessionId } from '../../src/base/index.js';
import type { SettingsInput } from '../../src/config/index.js';
import { fromJs, graphOutput, writeStream, type JavaValue } from '../../src/java/index.js';
import { Mirror, type JoinOptions } from '../../src/library/index.js';
import {
  encodeDeltaRequest,
  sessionMessages,
  type DeltaAction,
  type SessionMessage,
} from '../../src/wire/index.js';
import { TestCluster } from '../node/cluster.js';

export const APP = 'localhost#/app';

/** Programs with a mirror, on the loopback interface, in a multicast group and directories of their own. */
export class ProgramCluster extends TestCluster {
  readonly #mirrors: Mirror[] = [];

  program(name: string): SettingsInput {
    return {
      membership: { ...this.group, bind: '127.0.0.1', frequency: 50 },
      receiver: { address: '127.0.0.1', port: 0 },
      data: this.dataOf(name),
    };
  }

  async join(name: string, more: SettingsInput = {}, options: JoinOptions = {}): Promise<Mirror> {
    const mirror = await Mirror.join({ ...this.program(name), ...more }, options);
    this.#mirrors.push(mirror);
    return mirror;
  }

  override async stop(): Promise<void> {
    await Promise.all(this.#mirrors.splice(0).map((mirror) => mirror.leave()));
    await super.stop();
  }
}

/** A delta that sets attributes, as a Tomcat sends it. */
export function delta(id: string, attributes: Readonly<Record<string, unknown>>): SessionMessage {
  const actions = Object.entries(attributes).map(([name, value]): DeltaAction<JavaValue> => {
    const java = isJavaValue(value) ? value : fromJs(value);
    return { type: 'attribute', action: 'set', name, value: java };
  });
  const output = graphOutput();
  encodeDeltaRequest({ sessionId: id, recordAllActions: false, actions }, output);
  const bytes = writeStream({ contents: output.contents() });
  return sessionMessages.delta(contextName(APP), sessionId(id), bytes, Date.now());
}

function isJavaValue(value: unknown): value is JavaValue {
  return typeof value === 'object' && value !== null && 'kind' in value;
}
