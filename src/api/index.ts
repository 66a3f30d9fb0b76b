export { startApi, type Api, type ApiDependencies, type ApiOptions } from './api-server.js';
export { memberJson, type MemberJson } from './member-json.js';
export { loadOrCreateToken, loadToken } from './token.js';
