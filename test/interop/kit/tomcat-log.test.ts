import { expect } from 'chai';
import { troubles } from '../../../interop/kit/index.js';

const LOG = `20-Nov-2026 10:31:55.382 INFO [main] org.apache.catalina.startup.Catalina.start Server startup in [2000] milliseconds
20-Nov-2026 10:31:55.383 WARNING [main] org.apache.catalina.A.b Something odd
20-Nov-2026 10:31:55.384 SEVERE [main] org.apache.catalina.C.d Something bad
\tjava.lang.IllegalStateException: why
\t\tat A.b(A.java:1)
20-Nov-2026 10:31:55.385 INFO [main] org.apache.catalina.E.f Nothing
`;

describe('troubles', () => {
  it('are the warnings and errors of a log, with their stack traces', () => {
    const found = troubles(LOG);
    expect(found.map(({ level }) => level)).to.deep.equal(['WARNING', 'SEVERE']);
    expect(found[1]?.text).to.match(/Something bad\n\tjava\.lang\.IllegalStateException: why\n\t\tat A\.b/);
  });

  it('leave out what is expected, by its whole text', () => {
    expect(troubles(LOG, [{ pattern: /IllegalStateException: why/, why: 'a test' }])).to.have.length(1);
  });

  for (const [what, text] of [
    [
      'a connection that its Tomcat closes itself while a thread reads from it',
      'tribes.transport.nio.NioReplicationTask.run IOException in replication worker, unable to drain channel. ' +
        'Probable cause: Keep alive socket closed[null].',
    ],
    [
      'a connection that its Tomcat closes itself before it has answered',
      'tribes.transport.nio.NioReplicationTask.sendAck ' +
        'Unable to send ACK back through channel, channel disconnected?: [null]',
    ],
  ] as const) {
    it(`leave out ${what}, only while it stops`, () => {
      const closed = line('WARNING', text);
      const stops = line('INFO', 'coyote.AbstractProtocol.pause Pausing ProtocolHandler ["http-nio-8080"]');
      const starts = line(
        'INFO',
        'coyote.AbstractProtocol.init Initializing ProtocolHandler ["http-nio-8080"]',
      );
      expect(troubles(closed)).to.have.length(1);
      expect(troubles(stops + closed)).to.be.empty;
      expect(troubles(stops + closed + starts + closed)).to.have.length(1);
      expect(troubles(stops + closed.replace('[null]', '[Connection reset]'))).to.have.length(1);
    });
  }

  it('take output that is not in the format of the log for an error', () => {
    expect(troubles('Error: Could not find or load main class\n')).to.have.length(1);
  });

  it('are none in a quiet log', () => {
    expect(troubles('')).to.be.empty;
  });
});

function line(level: string, text: string): string {
  return `20-Nov-2026 10:31:55.386 ${level} [main] org.apache.${text}\n`;
}
