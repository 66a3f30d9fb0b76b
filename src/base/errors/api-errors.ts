import type { ErrorEntries } from './error-entry.js';

export const apiErrors = {
  TRIBES_E_API_BIND: {
    message: 'the HTTP interface cannot listen on {address}:{port} (http.address, http.port): {reason}',
    cause:
      'Another process has the port, or the address is not one of this host, or the port needs privileges.',
    remedy: 'Stop the other process or set another http.port (0 lets the system choose) or http.address.',
  },
  TRIBES_E_API_TOKEN_FILE: {
    message: 'the access token file {path} (http.tokenFile, write.tokenFile, data) cannot be used: {reason}',
    cause:
      'The file cannot be made or read by this user, or does not hold one token of 16 to 512 printable characters.',
    remedy:
      'Correct its permissions or its content, or remove it so that a new token is made at the next start.',
  },
  TRIBES_E_API_HOST: {
    message: 'the Host "{host}" is not a name of this node',
    cause:
      'The request names a host that is not configured; web pages that attack by DNS rebinding do so too.',
    remedy: 'Use the address that the node prints at its start, or add the name to http.allowedHosts.',
  },
  TRIBES_E_API_ORIGIN: {
    message: 'requests from the origin "{origin}" are not answered',
    cause: 'A page of another site asks. The interface is not open to other origins (no CORS).',
    remedy: 'Use the interface directly, not from a page of another site.',
  },
  TRIBES_E_API_UNAUTHORIZED: {
    message: 'the request carries no valid access token',
    cause: 'Session ids are login credentials, so everything but /healthz and /metrics needs the token.',
    remedy:
      'Send "Authorization: Bearer TOKEN", or open the address that the node prints at its start; the token lies in the data directory.',
  },
  TRIBES_E_API_READ_ONLY_TOKEN: {
    message: 'the token of the request is good for reading only',
    cause: 'The token for reading does not write.',
    remedy: 'Send the token in the file write-token of the data directory (write.tokenFile).',
  },
  TRIBES_E_API_SAME_TOKEN: {
    message: 'the tokens for reading and for writing are the same ({path})',
    cause:
      'The settings http.tokenFile and write.tokenFile name the same file, or files of the same content.',
    remedy: 'Remove one of the files, so that a new token is made at the next start, or name another.',
  },
  TRIBES_E_API_BODY_TOO_LARGE: {
    message: 'the body of the request is longer than {limit} bytes',
    cause: 'What is written is bounded (write.maxBytes), and so is an archive.',
    remedy:
      'Write smaller values, or raise write.maxBytes; "tribes sessions import" sends long archives in pieces.',
  },
  TRIBES_E_API_MEDIA_TYPE: {
    message: 'a body of type "{type}" is not understood here',
    cause: 'The Content-Type says how a value is to be read, and must be one of those that the path takes.',
    remedy:
      'Send application/json, application/vnd.tomcat-tribes.typed+json or, for one attribute, application/x-java-serialized-object.',
  },
  TRIBES_E_API_IF_MATCH: {
    message: 'If-Match is not "*" and no list of entity tags',
    cause: 'An entity tag stands in double quotes: "kx…".',
    remedy: 'Send the ETag of an earlier answer as it came, quotes included.',
  },
  TRIBES_E_API_BODY: {
    message: 'the body {problem}',
    cause: 'The object sent has not the members that the path takes.',
    remedy: 'See docs/http-api.md for what each path takes.',
  },
  TRIBES_E_API_NO_PATH: {
    message: 'there is nothing at {path}',
    cause: 'The path is misspelt; ids and names in paths must be percent-encoded.',
    remedy: 'See docs/http-api.md for all paths.',
  },
  TRIBES_E_API_PATH: {
    message: 'the path is not percent-encoded UTF-8',
    cause: 'A "%" is not followed by two hexadecimal digits, or the bytes are not UTF-8.',
    remedy: 'Percent-encode ids and names (encodeURIComponent).',
  },
  TRIBES_E_API_METHOD: {
    message: '{method} is not answered here',
    cause: 'The path does not know the method.',
    remedy: 'Use one of the methods that the header Allow of the answer names.',
  },
  TRIBES_E_API_QUERY: {
    message: 'the query parameter {name} {problem}',
    cause: 'A parameter is unknown here, given twice, or its value is not allowed.',
    remedy: 'See docs/http-api.md for the parameters of each path.',
  },
  TRIBES_E_API_NO_CONTEXT: {
    message: 'there is no context "{context}"',
    cause: 'No member has named that web application yet, or the name is not written as Tomcat writes it.',
    remedy:
      'Take the name from /v1/contexts ("localhost#/app", or "/app" where the cluster sits in a Host), percent-encoded.',
  },
  TRIBES_E_API_NO_SESSION: {
    message: 'there is no such session',
    cause: 'The session has expired, has changed its id, or has not come from the cluster yet.',
    remedy: 'See /v1/sessions for the sessions that are there and /healthz for whether all have come.',
  },
  TRIBES_E_API_NO_ATTRIBUTE: {
    message: 'the session has no attribute "{name}"',
    cause: 'The attribute was removed, or its name is misspelt or not percent-encoded.',
    remedy: 'See attributeNames of the session.',
  },
  TRIBES_E_API_AMBIGUOUS: {
    message: 'the session id exists in {count} contexts',
    cause: 'Web applications can share session ids (single sign-on, sessionCookiePath="/").',
    remedy: 'Add ?context=NAME with one of the contexts listed.',
  },
  TRIBES_E_API_NOT_SHOWN: {
    message: 'a value among {bytes} bytes cannot be shown: {reason}',
    cause: 'Its view takes more memory than the node gives to views.',
    remedy: 'Take it as a Java stream (format=java), or lower java.maxViewNodes and java.maxViewText.',
  },
  TRIBES_E_API_TOO_MANY_READERS: {
    message: 'there are {count} readers of /v1/events already (http.maxEventReaders)',
    cause: 'Each reader holds a connection; their number is bounded.',
    remedy: 'Close other readers or raise http.maxEventReaders.',
  },
  TRIBES_E_API_SECRETS: {
    message: 'passwords are not exported by this node',
    cause: 'An export with passwords was asked for, and http.exportSecrets is off.',
    remedy:
      'Export without them: users stay logged in. Or set http.exportSecrets, or stop the node and use "tribes sessions export --offline --with-secrets".',
  },
  TRIBES_E_API_IMPORT: {
    message: 'this node takes no archives over HTTP',
    cause:
      'Imports are off (write.import): an archive may hold objects of any class, whatever write.allowedClasses says.',
    remedy:
      'Start the node with write.import, if those who have the token for writing may bring in any class; or stop it and use "tribes sessions import --offline".',
  },
  TRIBES_E_API_READ_ONLY: {
    message: 'this node does not let sessions be changed over HTTP',
    cause: 'Writing is off (write.enabled).',
    remedy: 'Start the node with write.enabled, if those who have the token for writing may change sessions.',
  },
  TRIBES_E_API_WRITE_TOKEN: {
    message: 'the request carries no valid token for writing',
    cause: 'Whoever changes sessions needs the token of write.tokenFile; the one for reading is not enough.',
    remedy:
      'Send "Authorization: Bearer TOKEN" with the token for writing; it is not taken from the address or from a cookie.',
  },
  TRIBES_E_API_BUSY: {
    message: '{what} is going on already',
    cause: 'It takes memory or time that is there only once.',
    remedy: 'Wait for its end, and try again.',
  },
  TRIBES_E_API_HEAD_TOO_LARGE: {
    message: 'the head of the request is longer than {limit} bytes',
    cause: 'Path, query and header fields together are bounded.',
    remedy: 'Send fewer or shorter header fields (cookies of other pages, say) or a shorter path.',
  },
  TRIBES_E_API_TIMEOUT: {
    message: 'the request was not complete within {timeout} ms',
    cause: 'The client, or the network on the way, stopped in the middle of it.',
    remedy: 'Send it again.',
  },
  TRIBES_E_API_NOT_HTTP: {
    message: 'the request is not HTTP/1: {reason}',
    cause: 'The client speaks another protocol (TLS, say), or a header field is malformed.',
    remedy: 'Use plain HTTP/1.1; for TLS put a reverse proxy in front.',
  },
  TRIBES_E_API_INTERNAL: {
    message: 'the request failed within the node',
    cause: 'A fault of the node; its log says more.',
    remedy: 'Report it with the lines of the log.',
  },
} as const satisfies ErrorEntries;
