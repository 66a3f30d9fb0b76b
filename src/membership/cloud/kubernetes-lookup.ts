import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIPv6 } from 'node:net';
import { messageOf, TribesError, type UniqueId } from '../../base/index.js';
import { cloudNamespace, firstOf, type Environment } from './cloud-environment.js';
import { FreshFile } from './fresh-file.js';
import type { FoundMember, MemberLookup } from './member-lookup.js';
import { membersOfPodList } from './pod-list.js';

export interface KubernetesLookupOptions {
  /** Tomcat's own variables, such as `KUBERNETES_NAMESPACE` and those that Kubernetes gives to each pod. */
  readonly environment: Environment;
  /** Default: that of the environment. */
  readonly namespace?: string;
  /** As `kubectl get pods -l` takes them. Default: those of the environment; without any, all pods of the namespace. */
  readonly labels?: string;
  /** Milliseconds. Default 1000. */
  readonly connectTimeout?: number;
  /** Milliseconds without a byte. Default 1000. */
  readonly readTimeout?: number;
  /** Epoch milliseconds from which the ages of pods count. */
  readonly startedAt: number;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** A page of pods is bounded by this; 10,000 pods are about as many bytes. */
const MAX_ANSWER_BYTES = 2 ** 26;

/**
 * The pods that the API server lists (`org.apache.catalina.tribes.membership.cloud.KubernetesMembershipProvider`). The
 * token stands in no log and in no error.
 */
export class KubernetesLookup implements MemberLookup {
  readonly place: string;
  readonly advice =
    'the pod of this node must be in the namespace, have the labels that are asked for, and announce the address of the pod ' +
    '(receiver.address)';
  readonly #options: KubernetesLookupOptions;
  readonly #url: URL;
  readonly #ca: FreshFile;
  readonly #token: FreshFile;
  readonly #certificate: FreshFile | undefined;
  readonly #key: FreshFile | undefined;
  readonly #keyPassword: string | undefined;

  /** Error: TRIBES_E_MEMBERSHIP_KUBERNETES when the environment does not say where the API server is. */
  constructor(options: KubernetesLookupOptions) {
    this.#options = options;
    const { environment } = options;
    const either = (openShift: string, kubernetes: string): string | undefined =>
      firstOf(environment, `OPENSHIFT_KUBE_PING_${openShift}`, kubernetes);
    this.#url = urlOf(options, either);
    this.place = `the pods of ${this.#url.href}`;
    const fileOf = (path: string | undefined): FreshFile | undefined =>
      path === undefined ? undefined : new FreshFile(path);
    this.#ca = new FreshFile(
      either('CA_CERT_FILE', 'KUBERNETES_CA_CERTIFICATE_FILE') ?? `${SERVICE_ACCOUNT}/ca.crt`,
    );
    this.#token = new FreshFile(either('SA_TOKEN_FILE', 'SA_TOKEN_FILE') ?? `${SERVICE_ACCOUNT}/token`);
    this.#certificate = fileOf(either('CLIENT_CERT_FILE', 'KUBERNETES_CLIENT_CERTIFICATE_FILE'));
    this.#key = fileOf(either('CLIENT_KEY_FILE', 'KUBERNETES_CLIENT_KEY_FILE'));
    this.#keyPassword = either('CLIENT_KEY_PASSWORD', 'KUBERNETES_CLIENT_KEY_PASSWORD');
  }

  /** The uid of a pod stands in the list only. */
  idOf(): UniqueId | undefined {
    return undefined;
  }

  /** Errors: TRIBES_E_MEMBERSHIP_KUBERNETES. */
  async find(signal: AbortSignal): Promise<readonly FoundMember[]> {
    try {
      return membersOfPodList(await this.#get(signal), this.#options.startedAt);
    } catch (cause) {
      if (cause instanceof TribesError) {
        throw cause;
      }
      throw failure(messageOf(cause), cause);
    }
  }

  async #get(signal: AbortSignal): Promise<string> {
    const { connectTimeout = 1000, readTimeout = 1000 } = this.#options;
    const isSecure = this.#url.protocol === 'https:';
    const options = {
      headers: { accept: 'application/json', ...(await this.#authorization()) },
      timeout: connectTimeout,
      agent: false,
      signal,
      ...(isSecure && (await this.#credentials())),
    };
    return await new Promise((resolve, reject) => {
      const request = (isSecure ? httpsRequest : httpRequest)(this.#url, options);
      request.on('socket', (socket) => socket.once('connect', () => socket.setTimeout(readTimeout)));
      request.on('timeout', () => {
        const step = request.socket?.connecting === false ? 'an answer' : 'a connection';
        request.destroy(new Error(`${step} did not come in time`));
      });
      request.on('error', reject);
      request.on('response', (response) => void bodyOf(response).then(resolve, reject));
      request.end();
    });
  }

  async #authorization(): Promise<Record<string, string>> {
    if (this.#certificate !== undefined) {
      return {};
    }
    const token = await this.#token.read().catch((cause: unknown) => {
      throw failure(`the token file cannot be read: ${messageOf(cause)}`, cause);
    });
    return { authorization: `Bearer ${token.toString('latin1').trim()}` };
  }

  async #credentials(): Promise<object> {
    const [ca, cert, key] = await Promise.all([
      this.#ca.readIfThere(),
      this.#certificate?.read(),
      this.#key?.read(),
    ]);
    return {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(this.#keyPassword !== undefined && { passphrase: this.#keyPassword }),
    };
  }
}

function urlOf(
  { environment, namespace, labels }: KubernetesLookupOptions,
  either: (openShift: string, kubernetes: string) => string | undefined,
): URL {
  const host = either('MASTER_HOST', 'KUBERNETES_SERVICE_HOST');
  const port = either('MASTER_PORT', 'KUBERNETES_SERVICE_PORT');
  const protocol = either('MASTER_PROTOCOL', 'KUBERNETES_MASTER_PROTOCOL') ?? 'https';
  if (host === undefined || port === undefined || !/^https?$/.test(protocol)) {
    throw failure(
      'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not both set, or KUBERNETES_MASTER_PROTOCOL is not http or https',
    );
  }
  const version = either('API_VERSION', 'KUBERNETES_API_VERSION') ?? 'v1';
  const space = namespace ?? cloudNamespace(environment);
  const selected = labels ?? either('LABELS', 'KUBERNETES_LABELS');
  const query =
    selected === undefined ? '' : `?${new URLSearchParams({ labelSelector: selected }).toString()}`;
  const path = `/api/${encodeURIComponent(version)}/namespaces/${encodeURIComponent(space)}/pods${query}`;
  try {
    return new URL(`${protocol}://${isIPv6(host) ? `[${host}]` : host}:${port}${path}`);
  } catch (cause) {
    throw failure(`${host}:${port} is no address of an API server`, cause);
  }
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const { statusCode = 0 } = response;
  if (statusCode !== 200) {
    response.destroy();
    throw failure(`it answers ${statusCode}${MEANING[statusCode] ?? ''}`);
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) {
      response.destroy();
      throw failure(`the list is longer than ${MAX_ANSWER_BYTES} bytes: ask for labels`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const MEANING: Readonly<Record<number, string>> = {
  401: ', the token or certificate is not accepted',
  403: ', the service account may not list pods',
  404: ', there is no such namespace or API version',
};

function failure(problem: string, cause?: unknown): TribesError {
  return new TribesError('TRIBES_E_MEMBERSHIP_KUBERNETES', { problem }, { cause });
}
