import type { Dump } from './dump.js';
import { getJson } from './http-client.js';
import type { MirrorNode } from './mirror-node.js';
import type { Tomcat } from './tomcat.js';
import { viewDifference } from './view-comparison.js';
import type { Application } from './web-application.js';

export interface StreamComparison {
  readonly streams: number;
  /** How many are, byte for byte, what one of the Tomcats would write itself. */
  readonly identical: number;
  /** Streams that a JVM cannot read, or reads as something else. */
  readonly failures: readonly string[];
}

/**
 * Gives every attribute's Java stream, as the node hands it out, to the JVM of `reader` to read, and holds what it reads
 * against what that Tomcat has. `others` are asked what they would write.
 */
export async function compareStreams(
  node: MirrorNode,
  application: Application,
  reader: Tomcat,
  others: readonly Tomcat[],
): Promise<StreamComparison> {
  const dump = await reader.dump(application);
  const dumps = [dump, ...(await Promise.all(others.map((tomcat) => tomcat.dump(application))))];
  const failures: string[] = [];
  let streams = 0;
  let identical = 0;
  for (const { id, attributes } of dump.sessions) {
    for (const [name, attribute] of Object.entries(attributes)) {
      const stream = await node.attributeStream(dump.context, id, name);
      streams += 1;
      identical += dumps.some((each) => bytesOf(each, id, name) === stream.toString('base64')) ? 1 : 0;
      const difference = await readByJvm(reader, application, stream).then(
        (read) => (read.class === attribute.class ? viewDifference(attribute.value, read.value) : read.class),
        (error: unknown) => String(error),
      );
      if (difference !== undefined) {
        failures.push(`session ${id} attribute ${name}: ${difference}`);
      }
    }
  }
  return { streams, identical, failures };
}

function bytesOf(dump: Dump, id: string, name: string): string | undefined {
  return dump.sessions.find((session) => session.id === id)?.attributes[name]?.bytes;
}

async function readByJvm(
  tomcat: Tomcat,
  application: Application,
  stream: Buffer,
): Promise<{ class: string; value: unknown }> {
  const url = `${tomcat.url}${application.path}/decode`;
  return (await getJson(url, { method: 'POST', body: stream })) as { class: string; value: unknown };
}
