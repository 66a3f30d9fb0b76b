import { Browser, HttpStatusError, type HttpResponse } from './http-client.js';
import type { Application } from './web-application.js';

/** What the test application answers to an action. */
export interface Visit {
  /** The session's id after the action. */
  readonly id: string;
  readonly names?: readonly string[];
  readonly user?: string | null;
  /** After "write": the attributes that were Integers before. */
  readonly held?: Readonly<Record<string, number>>;
  /** After "context": the attribute of the application, as text. */
  readonly context?: string;
  /** Whether the two attributes that "share" has set hold the very same object. */
  readonly shares?: boolean;
}

/** A Tomcat, or a load balancer in front of several. */
export interface Server {
  readonly url: string;
}

type Parameters = Readonly<Record<string, string | number>>;

/** One user of one application, with a session that goes along from Tomcat to Tomcat. */
export class Visitor {
  readonly browser: Browser;
  readonly application: Application;

  /** @param browser of a user who goes to several applications; default: one of its own. */
  constructor(application: Application, browser = new Browser()) {
    this.application = application;
    this.browser = browser;
  }

  /** An action of the session servlet, such as "set" or "change-id". @throws HttpStatusError unless it answers 200 */
  async act(server: Server, action: string, parameters: Parameters = {}): Promise<Visit> {
    const texts = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const query = texts.join('&');
    const path = `${this.application.path}/session/${action}${query === '' ? '' : `?${query}`}`;
    return visit(path, await this.browser.fetch(server.url, path, { method: 'POST' }));
  }

  /** Goes to the protected page as somebody who is logged in. @throws Error for one who is not */
  async visitProtected(server: Server): Promise<Visit> {
    const path = `${this.application.path}/secure/`;
    return visit(path, await this.browser.fetch(server.url, path));
  }

  /** Goes to the protected page of an application with BASIC authentication. */
  async logInBasic(server: Server, user: string, password: string): Promise<Visit> {
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const path = `${this.application.path}/secure/`;
    return visit(path, await this.browser.fetch(server.url, path, { headers: { authorization } }));
  }

  /** Asks for the protected page, is shown the form, fills it in, and is sent on to the page. */
  async logInByForm(server: Server, user: string, password: string): Promise<Visit> {
    await this.showLoginForm(server);
    return this.fillInLoginForm(server, user, password);
  }

  /** Fills in the form that was shown, there or elsewhere, and is sent on to the page that was asked for. */
  async fillInLoginForm(server: Server, user: string, password: string): Promise<Visit> {
    const posted = await this.browser.fetch(server.url, `${this.application.path}/secure/j_security_check`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ j_username: user, j_password: password }).toString(),
    });
    const path = new URL(posted.headers.location ?? 'nowhere:', server.url).pathname;
    return visit(path, await this.browser.fetch(server.url, path));
  }

  /** Asks for the protected page and leaves it at the form that comes instead: Tomcat keeps the request in the session. */
  async showLoginForm(server: Server): Promise<void> {
    const path = `${this.application.path}/secure/`;
    const form = await this.browser.fetch(server.url, path);
    if (form.status !== 200 || !form.body.includes('j_security_check')) {
      throw new HttpStatusError(path, form);
    }
  }
}

function visit(path: string, response: HttpResponse): Visit {
  if (response.status !== 200) {
    throw new HttpStatusError(path, response);
  }
  return JSON.parse(response.body.toString('utf8')) as Visit;
}
