import { TribesError } from '../../base/index.js';
import type { XmlElement } from './xml-element.js';

/** A Cluster element, and where it stands: `Catalina` for that of an Engine, `Catalina/localhost` for that of a Host. */
export interface ClusterPlace {
  readonly place: string;
  readonly element: XmlElement;
}

/**
 * The Cluster element of a server.xml; where there are several, the one at `wanted`.
 *
 * Errors: TRIBES_E_SERVER_XML_CLUSTER.
 */
export function clusterElement(root: XmlElement, file: string, wanted: string | undefined): XmlElement {
  const found = [...clusterPlaces(root)];
  const [first] = wanted === undefined ? found : found.filter(({ place }) => place === wanted);
  const error = (problem: string): TribesError =>
    new TribesError('TRIBES_E_SERVER_XML_CLUSTER', { file, problem });
  if (found.length === 0) {
    throw error('there is no Cluster in an Engine or a Host');
  }
  const places = found.map(({ place, element: { line } }) => `${place} (line ${line})`).join(', ');
  if (first === undefined) {
    throw error(`there is no Cluster at ${wanted ?? ''}; there is one at ${places}`);
  }
  if (wanted === undefined && found.length > 1) {
    throw error(`there are ${found.length}, at ${places}`);
  }
  return first.element;
}

/** A Cluster that is not within anything is as good: guides show it so. */
function* clusterPlaces(root: XmlElement): Generator<ClusterPlace> {
  if (root.name === 'Cluster') {
    yield { place: '', element: root };
  }
  const services = root.name === 'Service' ? [root] : childrenOf(root, 'Service');
  const engines =
    root.name === 'Engine' ? [root] : services.flatMap((service) => childrenOf(service, 'Engine'));
  for (const engine of engines) {
    const name = engine.attributes.get('name')?.value ?? 'Engine';
    for (const element of childrenOf(engine, 'Cluster')) {
      yield { place: name, element };
    }
    for (const host of childrenOf(engine, 'Host')) {
      for (const element of childrenOf(host, 'Cluster')) {
        yield { place: `${name}/${host.attributes.get('name')?.value ?? 'Host'}`, element };
      }
    }
  }
}

function childrenOf({ children }: XmlElement, name: string): XmlElement[] {
  return children.filter((child) => child.name === name);
}
