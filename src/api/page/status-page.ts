import { createHash } from 'node:crypto';
import { pageScript } from './page-script.js';

const style = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 1.5rem auto; max-width: 80rem; padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin: 1.6rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #8884; vertical-align: top; overflow-wrap: anywhere; }
button { font: inherit; border: 0; background: none; color: LinkText; padding: 0; text-align: left; cursor: pointer; overflow-wrap: anywhere; }
button[aria-pressed=true] { font-weight: bold; }
pre { background: #8881; padding: .8rem; overflow: auto; max-height: 40rem; white-space: pre-wrap; overflow-wrap: anywhere; }
#health { font-weight: normal; font-size: 1rem; } .ok { color: #2a7d2a; } .unready, #problem { color: #c03030; }
`;

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>tribes</title>
<style>${style}</style>
</head>
<body>
<h1><span id="local">tribes</span> <span id="health"></span></h1>
<p id="problem" role="alert"></p>
<h2>Members</h2>
<table><thead><tr><th>name</th><th>domain</th><th>alive</th><th>state</th></tr></thead><tbody id="members"></tbody></table>
<h2>Contexts</h2>
<table><thead><tr><th>name</th><th>manager</th><th>sessions</th><th>asked</th></tr></thead><tbody id="contexts"></tbody></table>
<h2>Sessions (<span id="count">0</span>)</h2>
<table><thead><tr><th>id</th><th>context</th><th>created</th><th>last access</th><th>idle limit</th><th>attributes</th></tr></thead><tbody id="sessions"></tbody></table>
<p><button id="more" type="button" hidden>more sessions</button></p>
<section id="session" hidden><h2>Session <span id="session-id"></span></h2><pre id="session-json"></pre></section>
<h2>Events</h2>
<table><thead><tr><th>at</th><th>event</th><th>what</th></tr></thead><tbody id="events"></tbody></table>
<noscript>This page needs JavaScript; the interface behind it does not: see docs/http-api.md.</noscript>
<script>${pageScript}</script>
</body>
</html>
`;

/** The page that shows in a browser what the node sees. It loads nothing but the interface's own answers. */
export const statusPage = {
  html,
  contentSecurityPolicy: [
    "default-src 'none'",
    `script-src ${hashOf(pageScript)}`,
    `style-src ${hashOf(style)}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
} as const;

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
