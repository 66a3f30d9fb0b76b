import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';

/** An API server of our own, with a certificate authority of its own, that speaks the paths of the real one. */
export class ApiServer {
  readonly directory = mkdtempSync(join(tmpdir(), 'tribes-kubernetes-'));
  readonly requests: { path: string; token: string | undefined; client: string | undefined }[] = [];
  pods: object[] = [];
  answer: (response: ServerResponse) => void = (response) => this.#list(response);
  #server: Server | HttpServer | undefined;

  constructor() {
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-days',
      '2',
    ];
    this.#openssl(...request, '-nodes', '-subj', '/CN=ca', '-keyout', 'ca.key', '-out', 'ca.crt');
    this.#certificate('server', 'subjectAltName=IP:127.0.0.1');
    this.#certificate('client', 'extendedKeyUsage=clientAuth');
    this.#openssl(
      'ec',
      '-in',
      'client.key',
      '-aes128',
      '-passout',
      'pass:secret',
      '-out',
      'client-locked.key',
    );
    writeFileSync(this.file('token'), 'first-token');
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.directory, stdio: 'ignore' });
  }

  #certificate(name: string, extension: string): void {
    writeFileSync(this.file(`${name}.ext`), extension);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    this.#openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    const by = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
    this.#openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...by,
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.crt`,
    );
  }

  file(name: string): string {
    return join(this.directory, name);
  }

  async start({ secure = true } = {}): Promise<Record<string, string>> {
    const [key, cert, ca] = ['server.key', 'server.crt', 'ca.crt'].map((name) =>
      readFileSync(this.file(name)),
    );
    const handle = (request: IncomingMessage, response: ServerResponse): void =>
      this.#handle(request, response);
    const tls = { key, cert, ca, requestCert: true, rejectUnauthorized: false };
    const server = secure ? createServer(tls, handle) : createHttpServer(handle);
    this.#server = server;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String((server.address() as AddressInfo).port),
      KUBERNETES_CA_CERTIFICATE_FILE: this.file('ca.crt'),
      SA_TOKEN_FILE: this.file('token'),
      ...(!secure && { KUBERNETES_MASTER_PROTOCOL: 'http' }),
    };
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const isClient = socket instanceof TLSSocket && socket.authorized;
    this.requests.push({
      path: request.url ?? '',
      token: request.headers.authorization,
      client: isClient ? String(socket.getPeerCertificate().subject.CN) : undefined,
    });
    this.answer(response);
  }

  #list(response: ServerResponse): void {
    const list = { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: this.pods };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(list));
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    this.#server?.close();
    await Promise.resolve();
    rmSync(this.directory, { recursive: true });
  }
}

/** A pod as the API server gives it, apart from what nobody here reads. */
export function pod(
  podIP: string | undefined,
  changes: { metadata?: object; status?: object; kind?: string } = {},
): object {
  return {
    metadata: {
      name: `tomcat-${podIP ?? 'new'}`,
      namespace: 'shop',
      uid: 'a1b2c3d4-0000-1111-2222-333344445555',
      creationTimestamp: '2026-03-01T11:59:00Z',
      labels: { app: 'tomcat' },
      ...changes.metadata,
    },
    spec: { containers: [{ name: 'tomcat', image: 'tomcat:10.1' }] },
    status: {
      phase: 'Running',
      ...(podIP !== undefined && { podIP, podIPs: [{ ip: podIP }] }),
      ...changes.status,
    },
    ...(changes.kind !== undefined && { kind: changes.kind }),
  };
}
