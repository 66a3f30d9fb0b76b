/**
 * The script of the status page, as text: it runs in browsers, so it is no module of the node. Everything that comes from the
 * cluster is put on the page as text (`textContent`), never as markup; the page's policy refuses anything else.
 */
export const pageScript = `'use strict';
const PAGE = 200;
const state = { context: null, pages: 1, shown: null, timer: null };
const $ = (id) => document.getElementById(id);
const time = (ms) => new Date(ms).toISOString().replace('T', ' ').slice(0, 19);

function cell(row, text, title) {
  const td = document.createElement('td');
  td.textContent = text;
  if (title !== undefined) td.title = title;
  row.append(td);
  return td;
}

function link(parent, text, action) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = text;
  button.addEventListener('click', action);
  parent.append(button);
  return button;
}

function fill(id, items, write) {
  $(id).replaceChildren(...items.map((item) => {
    const row = document.createElement('tr');
    write(row, item);
    return row;
  }));
}

async function get(path) {
  const response = await fetch(path);
  const body = await response.json();
  if (!response.ok && path !== '/healthz') throw new Error(body.message + '. ' + body.remedy);
  return body;
}

async function showHealth() {
  const health = await get('/healthz');
  $('health').textContent = health.status === 'ok' ? 'synchronised' : health.reason;
  $('health').className = health.status;
}

async function showMembers() {
  const { local, members } = await get('/v1/members');
  $('local').textContent = local.name;
  document.title = local.name + ' – tribes';
  fill('members', members, (row, member) => {
    cell(row, member.name, member.uniqueId);
    cell(row, member.domain);
    cell(row, Math.round(member.aliveMs / 1000) + ' s');
    cell(row, member.state);
  });
}

async function showContexts() {
  const contexts = await get('/v1/contexts');
  const all = { name: null, sessions: contexts.reduce((sum, context) => sum + context.sessions, 0), members: [] };
  fill('contexts', [all, ...contexts], (row, context) => {
    const button = link(cell(row, ''), context.name === null ? 'all' : context.name || '(root)', () => {
      state.context = context.name;
      state.pages = 1;
      refresh();
    });
    button.setAttribute('aria-pressed', String(context.name === state.context));
    cell(row, context.manager ?? '');
    cell(row, String(context.sessions));
    cell(row, context.members.map((member) => member.name + ' ' + member.state).join(', '));
  });
}

async function showSessions() {
  const sessions = [];
  let cursor = null;
  let pages = 0;
  do {
    const query = new URLSearchParams({ limit: String(PAGE) });
    if (state.context !== null) query.set('context', state.context);
    if (cursor !== null) query.set('cursor', cursor);
    const page = await get('/v1/sessions?' + query);
    sessions.push(...page.sessions);
    cursor = page.next;
    pages++;
  } while (cursor !== null && pages < state.pages);
  $('more').hidden = cursor === null;
  $('count').textContent = sessions.length + (cursor === null ? '' : ' of more');
  fill('sessions', sessions, (row, session) => {
    link(cell(row, ''), session.id, () => showSession(session.id, session.context));
    cell(row, session.context || '(root)');
    cell(row, time(session.creationTime));
    cell(row, time(session.lastAccessedTime));
    cell(row, session.maxInactiveInterval <= 0 ? 'never' : session.maxInactiveInterval + ' s');
    cell(row, session.attributeNames.join(', '));
  });
}

async function showSession(id, context) {
  state.shown = { id, context };
  const path = '/v1/sessions/' + encodeURIComponent(id) + '?context=' + encodeURIComponent(context);
  $('session').hidden = false;
  $('session-id').textContent = id;
  try {
    $('session-json').textContent = JSON.stringify(await get(path), null, 2);
  } catch (error) {
    $('session-json').textContent = error.message;
  }
}

async function refresh() {
  clearTimeout(state.timer);
  state.timer = null;
  try {
    await showHealth();
    await showMembers();
    await showContexts();
    await showSessions();
    if (state.shown !== null) await showSession(state.shown.id, state.shown.context);
    $('problem').textContent = '';
  } catch (error) {
    $('problem').textContent = error.message;
  }
}

/** Many events make one refresh. */
function refreshSoon() {
  state.timer ??= setTimeout(refresh, 500);
}

function note(kind, event) {
  const { type, at, ...rest } = event;
  const row = document.createElement('tr');
  cell(row, at === undefined ? '' : time(at));
  cell(row, type);
  cell(row, kind === 'member' ? rest.member.name : Object.values(rest).join(' '));
  $('events').prepend(row);
  while ($('events').childElementCount > 100) $('events').lastElementChild.remove();
}

function follow() {
  const events = new EventSource('/v1/events');
  for (const kind of ['member', 'session', 'attribute', 'missed']) {
    events.addEventListener(kind, (message) => {
      note(kind, JSON.parse(message.data));
      refreshSoon();
    });
  }
  events.addEventListener('open', refreshSoon);
  events.addEventListener('error', () => {
    $('problem').textContent = 'the connection to the node is interrupted';
  });
}

history.replaceState(null, '', '/');
$('more').addEventListener('click', () => {
  state.pages++;
  refresh();
});
setInterval(refreshSoon, 10000);
follow();
refresh();
`;
