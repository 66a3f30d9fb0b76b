import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parse } from 'dot-properties';
import { messageOf, TribesError } from '../../base/index.js';
import { readTextFile } from '../text-file.js';
import { clusterElement } from './cluster-element.js';
import { ClusterReader, type ClusterReading } from './cluster-reading.js';
import { replaceProperties } from './replace-properties.js';
import { readXml } from './xml-element.js';

/** Where the Cluster element of a Tomcat is, and what its properties are. */
export interface ServerXmlSource {
  /** Path of the server.xml. `catalina.properties` beside it is read too, if there is one. */
  readonly path: string;
  /** Which Cluster, where there are several: `Catalina` for that of an Engine, `Catalina/localhost` for that of a Host. */
  readonly cluster?: string;
  /** `-Dname=value` of the JVM: before those of catalina.properties, which come before the environment. */
  readonly properties?: ReadonlyMap<string, string>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Default: those that the system knows. */
  readonly localAddresses?: ReadonlySet<string>;
}

/**
 * What the Cluster element of a server.xml sets.
 *
 * Errors: TRIBES_E_CONFIG_FILE, TRIBES_E_SERVER_XML_SYNTAX, TRIBES_E_SERVER_XML_CLUSTER.
 */
export function readServerXml({
  path,
  cluster,
  properties = new Map<string, string>(),
  environment = {},
  localAddresses = addressesOfThisHost(),
}: ServerXmlSource): ClusterReading {
  const file = basename(path);
  const element = clusterElement(readXml(readTextFile(path), file), file, cluster);
  const ofCatalina = catalinaProperties(join(dirname(path), 'catalina.properties'));
  const property = (name: string): string | undefined =>
    properties.get(name) ?? ofCatalina.get(name) ?? environment[name];
  const missing: string[] = [];
  const reader = new ClusterReader({
    file,
    localAddresses,
    expand: ({ value, line }) =>
      replaceProperties(value, property, (name) =>
        missing.push(`${file}:${line} the property ${name} is not set: it stays as it is written`),
      ),
  });
  const { settings, warnings } = reader.read(element);
  return { settings, warnings: [...new Set([...missing, ...warnings])] };
}

function catalinaProperties(path: string): ReadonlyMap<string, string> {
  if (!existsSync(path)) {
    return new Map();
  }
  try {
    return new Map(
      Object.entries(parse(readTextFile(path))).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value]] : [],
      ),
    );
  } catch (error) {
    throw new TribesError('TRIBES_E_CONFIG_FILE', { path, reason: messageOf(error) }, { cause: error });
  }
}

function addressesOfThisHost(): ReadonlySet<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((addresses) =>
      (addresses ?? []).map(({ address }) => address),
    ),
  );
}
