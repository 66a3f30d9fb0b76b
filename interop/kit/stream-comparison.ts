import type { Dump } from './dump.js';
import { getJson } from './http-client.js';
import type { MirrorNode } from './mirror-node.js';
import type { Tomcat } from './tomcat.js';
import { viewDifference } from './view-comparison.js';
import type { Application } from './web-application.js';

export interface StreamComparison {
  readonly streams: number;
  /** How many are, byte for byte, what the Tomcat itself would write. */
  readonly identical: number;
  /** Streams that a JVM cannot read, or reads as something else. */
  readonly failures: readonly string[];
}

/**
 * Gives every attribute's Java stream, as the node hands it out, to a JVM to read, and holds what it reads against what
 * the Tomcat has.
 */
export async function compareStreams(
  node: MirrorNode,
  tomcat: Tomcat,
  application: Application,
): Promise<StreamComparison> {
  const dump: Dump = await tomcat.dump(application);
  const failures: string[] = [];
  let streams = 0;
  let identical = 0;
  for (const { id, attributes } of dump.sessions) {
    for (const [name, attribute] of Object.entries(attributes)) {
      const stream = await node.attributeStream(dump.context, id, name);
      streams += 1;
      if (stream.toString('base64') === attribute.bytes) {
        identical += 1;
        continue;
      }
      const difference = await readByJvm(tomcat, application, stream).then(
        (read) =>
          read.class === attribute.class
            ? viewDifference(attribute.value, read.value)
            : `class ${read.class}`,
        (error: unknown) => String(error),
      );
      if (difference !== undefined) {
        failures.push(`session ${id} attribute ${name}: ${difference}`);
      }
    }
  }
  return { streams, identical, failures };
}

async function readByJvm(
  tomcat: Tomcat,
  application: Application,
  stream: Buffer,
): Promise<{ class: string; value: unknown }> {
  const url = `${tomcat.url}${application.path}/decode`;
  return (await getJson(url, { method: 'POST', body: stream })) as { class: string; value: unknown };
}
