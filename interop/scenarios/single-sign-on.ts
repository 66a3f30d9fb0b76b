import {
  APP,
  Browser,
  eventually,
  Visitor,
  type Application,
  type Expected,
  type MirrorNode,
  type Tomcat,
} from '../kit/index.js';
import { sendFailures } from './expected-lines.js';
import { knows } from './places.js';
import type { Scenario } from './scenario.js';
import { FORM } from './session-life.js';

const CLUSTER_SSO = 'org.apache.catalina.ha.authenticator.ClusterSingleSignOn';
const REPLICATED: Application = {
  kind: 'tiny',
  path: '/replicated',
  className: 'org.apache.catalina.ha.context.ReplicatedContext',
};

const REPLICATED_ROOT: Application = { ...REPLICATED, path: '' };

/** What `GET /v1/sso` tells of one. */
interface ShownSso {
  readonly id: string;
  readonly map: string;
  readonly authType: string;
  readonly username: string;
  readonly principal: { readonly name: string; readonly roles: readonly string[] };
  readonly sessions: readonly { readonly context: string; readonly host: string; readonly id: string }[];
  readonly place: { readonly role: string; readonly primary: string; readonly nodes: readonly string[] };
}

const SSO_PLAN = {
  version: '10.1',
  channelSendOptions: 6,
  applications: [APP, FORM],
  hostValves: [CLUSTER_SSO],
} as const;

const signedOn: Scenario = {
  name: 'sso/outlives-the-cluster',
  about:
    'who has logged in at one application is logged in at the other, also when every Tomcat has been killed',
  core: true,
  aboutTheNode: true,
  versions: ['10.1'],
  async run(stage) {
    const one = await stage.tomcat(SSO_PLAN);
    const node = await stage.node();
    const two = await stage.tomcat(SSO_PLAN);
    const browser = new Browser();
    const app = new Visitor(APP, browser);
    const form = new Visitor(FORM, browser);
    await stage.step('alice logs in by BASIC', () => app.logInBasic(one, 'alice', 'alice-secret'));
    await stage.step('she is logged in at the other application, at the other Tomcat', () =>
      isAlice(form, two),
    );
    const { id } = await stage.step('the node shows her single sign-on', () => singleSignOn(node, 2));
    stage.expectInLogs(sendFailures(node), sendFailures(one), sendFailures(two));
    await stage.step('every Tomcat is killed', () => Promise.all([one.kill(), two.kill()]));
    await stage.step('the node restarts, alone', async () => {
      await node.kill();
      await node.start();
    });
    await stage.step('it still shows it', async () => {
      const still = await singleSignOn(node, 2);
      if (still.id !== id) {
        throw new Error('it is another one');
      }
    });
    const three = await stage.tomcat(SSO_PLAN);
    await stage.step('she is still logged in, at both applications', async () => {
      await isAlice(form, three);
      await isAlice(app, three);
    });
    await stage.step('that Tomcat goes and comes back; she is logged in', async () => {
      await three.stop();
      await eventually('the node has it', 10_000, async () =>
        (await singleSignOn(node, 1)).place.role === 'primary' ? true : undefined,
      );
      await three.start();
      await isAlice(form, three);
    });
    await stage.step('her session is invalidated: the single sign-on has ended', async () => {
      await app.act(three, 'invalidate');
      await eventually('the node has no single sign-on', 10_000, async () =>
        (await shown(node)).length === 0 ? true : undefined,
      );
    });
    await stage.step('no password is told anywhere', async () => {
      const texts = [node.logText(), ...(await node.events()), JSON.stringify(await node.contexts())];
      if (texts.some((text) => text.includes('alice-secret'))) {
        throw new Error('the password of alice is there');
      }
    });
    await stage.logsAreClean();
  },
};

/** The node names itself in its payload; Tomcats have none. */
const TOMCATS_AMONG_THEMSELVES: Expected = {
  pattern: /Unable to deserialize message:[^]*payload=\{\}[^]*MemberImpl; local class incompatible/,
  why: "Tomcats of lines that cannot read each other's members call each other's maps all the same",
};

const bridged: Scenario = {
  name: 'sso/9+10.1',
  about:
    'who has logged in at a Tomcat 9 is logged in at a Tomcat 10.1, which cannot read its maps, and back',
  core: false,
  aboutTheNode: true,
  versions: ['9', '10.1'],
  async run(stage) {
    stage.expectInLogs(TOMCATS_AMONG_THEMSELVES);
    const nine = await stage.tomcat({ ...SSO_PLAN, version: '9' });
    const node = await stage.node();
    const ten = await stage.tomcat(SSO_PLAN);
    const browser = new Browser();
    const app = new Visitor(APP, browser);
    const form = new Visitor(FORM, browser);
    await stage.step('alice logs in at 9', () => app.logInBasic(nine, 'alice', 'alice-secret'));
    await stage.step('she is logged in at 10.1', () => isAlice(form, ten));
    await stage.step('the node has both sessions', () => singleSignOn(node, 2));
    await stage.step('a session of her ends at 10.1, and the single sign-on at both', async () => {
      await form.act(ten, 'invalidate');
      await eventually('the node has no single sign-on', 10_000, async () =>
        (await shown(node)).length === 0 ? true : undefined,
      );
    });
    await stage.logsAreClean();
  },
};

/** Goes to the protected page without saying who it is. */
async function isAlice(visitor: Visitor, tomcat: Tomcat): Promise<void> {
  const { user } = await visitor.visitProtected(tomcat);
  if (user !== 'alice') {
    throw new Error(`it is ${user ?? 'nobody'} at ${visitor.application.path} of ${tomcat.name}`);
  }
}

async function shown(node: MirrorNode): Promise<readonly ShownSso[]> {
  const answer = (await node.get('/v1/sso')) as { readonly sso: readonly ShownSso[] };
  if (JSON.stringify(answer).includes('alice-secret')) {
    throw new Error('the node shows the password');
  }
  return answer.sso;
}

/** The one single sign-on, once it has so many sessions. */
async function singleSignOn(node: MirrorNode, sessions: number): Promise<ShownSso> {
  return eventually('the node shows the single sign-on', 10_000, async () => {
    const [sso, ...others] = await shown(node);
    if (sso === undefined || others.length > 0 || sso.sessions.length < sessions) {
      throw new Error(`it has ${JSON.stringify(sso?.sessions)} and ${others.length} others`);
    }
    const { authType, username, principal, map } = sso;
    const told = JSON.stringify([map, authType, username, principal.name, [...principal.roles].sort()]);
    if (told !== '["Catalina-SSO-cache","BASIC","alice","alice",["admin","user"]]') {
      throw new Error(`it tells ${told}`);
    }
    return sso;
  });
}

const CONTEXT_PLAN = {
  version: '10.1',
  channelSendOptions: 6,
  applications: [REPLICATED, REPLICATED_ROOT],
} as const;

const contextAttributes: Scenario = {
  name: 'context/outlives-the-cluster',
  about:
    'an attribute of a ReplicatedContext is at the other Tomcat, at the node, and at one that starts after all were killed',
  core: false,
  aboutTheNode: true,
  versions: ['10.1'],
  async run(stage) {
    const one = await stage.tomcat(CONTEXT_PLAN);
    const node = await stage.node();
    const two = await stage.tomcat(CONTEXT_PLAN);
    const visitor = new Visitor(REPLICATED);
    await stage.step('an attribute is set at one Tomcat', () =>
      visitor.act(one, 'set-context', { name: 'greeting', type: 'String', seed: 3 }),
    );
    const text = await stage.step('the other Tomcat has it', () => atTomcat(visitor, two));
    await stage.step('the node shows it', () => atNode(node, text));
    stage.expectInLogs(sendFailures(node), sendFailures(one), sendFailures(two));
    await stage.step('every Tomcat is killed', () => Promise.all([one.kill(), two.kill()]));
    await stage.step('the node restarts, alone', async () => {
      await node.kill();
      await node.start();
      await atNode(node, text);
    });
    const three = await stage.tomcat(CONTEXT_PLAN);
    await stage.nodeStep('they know each other', () => knows(node, [three]));
    await stage.step('a Tomcat that starts has it', async () => {
      const there = await atTomcat(visitor, three);
      if (there !== text) {
        throw new Error(`it has ${there} instead of ${text}`);
      }
    });
    await stage.step('it is removed there, and gone here', async () => {
      await visitor.act(three, 'remove-context', { name: 'greeting' });
      await eventually('it is gone', 10_000, async () =>
        (await attributes(node))['greeting'] === undefined ? true : undefined,
      );
    });
    await stage.logsAreClean();
  },
};

function atTomcat(visitor: Visitor, tomcat: Tomcat): Promise<string> {
  return eventually(`${tomcat.name} has the attribute`, 10_000, async () => {
    const { context = 'null' } = await visitor.act(tomcat, 'context', { name: 'greeting' });
    return context === 'null' ? undefined : context;
  });
}

async function attributes(
  node: MirrorNode,
): Promise<Readonly<Record<string, { readonly class: string; readonly value: unknown }>>> {
  const path = `/v1/contexts/${encodeURIComponent(`localhost#${REPLICATED.path}`)}/attributes`;
  const { attributes: all } = (await node.get(path)) as {
    attributes: Record<string, { class: string; value: unknown }>;
  };
  return all;
}

async function atNode(node: MirrorNode, text: string): Promise<void> {
  await eventually('the node has the attribute', 10_000, async () => {
    const greeting = (await attributes(node))['greeting'];
    if (greeting?.class !== 'java.lang.String' || greeting.value !== text) {
      throw new Error(`it has ${JSON.stringify(greeting)} instead of ${JSON.stringify(text)}`);
    }
    return true;
  });
}

export const singleSignOns: readonly Scenario[] = [signedOn, bridged, contextAttributes];
