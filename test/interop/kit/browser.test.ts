import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Browser } from '../../../interop/kit/index.js';

describe('Browser', () => {
  let server: Server;
  let base: string;
  let cookies: (string | undefined)[];
  let setCookie: string[];

  beforeEach(async () => {
    cookies = [];
    setCookie = [];
    server = createServer((request, response) => {
      cookies.push(request.headers.cookie);
      response.setHeader('set-cookie', setCookie).end('ok');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    server.close();
  });

  it('sends a cookie back where its path leads, and nowhere else', async () => {
    const browser = new Browser();
    setCookie = ['JSESSIONID=1.t1; Path=/app; HttpOnly'];
    await browser.fetch(base, '/app/');
    setCookie = [];
    for (const path of ['/app', '/app/x?y=1', '/app?y=1', '/apple', '/']) {
      await browser.fetch(base, path);
    }
    const sent = 'JSESSIONID=1.t1';
    expect(cookies).to.deep.equal([undefined, sent, sent, sent, undefined, undefined]);
  });

  it('replaces a cookie of the same name and path', async () => {
    const browser = new Browser();
    setCookie = ['JSESSIONID=1.t1; Path=/app'];
    await browser.fetch(base, '/app/');
    setCookie = ['JSESSIONID=1.t2; Path=/app'];
    await browser.fetch(base, '/app/');
    await browser.fetch(base, '/app/');
    expect(cookies.at(-1)).to.equal('JSESSIONID=1.t2');
    expect(browser.cookie('JSESSIONID', '/app/')).to.equal('1.t2');
  });
});
