import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { isTribesError, type ErrorCode } from '../../src/base/index.js';
import { loadSettings, settingsByName, type SettingSources } from '../../src/config/index.js';

describe('loadSettings', () => {
  let directory: string;
  let file: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'tribes-settings-'));
    file = join(directory, 'tribes.yaml');
  });
  after(() => rmSync(directory, { recursive: true }));

  function withFile(content: string, sources: SettingSources = {}) {
    writeFileSync(file, content);
    return loadSettings({ ...sources, flags: [['config', file], ...(sources.flags ?? [])] });
  }

  function refusal(action: () => unknown): { code: ErrorCode; message: string } {
    try {
      action();
    } catch (error) {
      if (isTribesError(error)) {
        return error;
      }
      throw error;
    }
    throw new Error('nothing was refused');
  }

  describe('values', () => {
    it("are Tomcat's defaults when nobody says otherwise", () => {
      const { settings } = loadSettings({});
      expect(settings.membership).to.include({
        address: '228.0.0.4',
        port: 45564,
        bind: null,
        frequency: 500,
        dropTime: 3000,
        domain: '',
        ttl: -1,
        localLoopbackDisabled: false,
        recoveryEnabled: true,
        recoveryCounter: 10,
        recoverySleepTime: 5000,
      });
      expect(settings.receiver).to.include({
        address: 'auto',
        port: 4000,
        autoBind: 100,
        maxFrameBytes: 2 ** 30,
      });
      expect(settings.http).to.include({ address: '127.0.0.1', port: 8088, insecure: false });
    });

    it('come from the program before all others, as values of their types', () => {
      const { settings, origins } = loadSettings({
        settings: {
          data: 'here',
          receiver: { port: 1, tcpNoDelay: false, autoBind: undefined },
          membership: { bind: null },
          http: { allowedHosts: ['a', 'b'] },
        },
        flags: [
          ['receiver.port', '2'],
          ['receiver.autoBind', '3'],
        ],
      });
      expect(settings.data).to.equal('here');
      expect(settings.receiver).to.include({ port: 1, tcpNoDelay: false, autoBind: 3 });
      expect(settings.membership.bind).to.be.null;
      expect(settings.http.allowedHosts).to.deep.equal(['a', 'b']);
      expect(origins.get('receiver.port')).to.deep.equal({ kind: 'program', place: 'set by the program' });
      expect(loadSettings({ settings }).settings).to.deep.equal(settings);
    });

    it('of a program are held to the same rules', () => {
      for (const [given, message] of [
        [
          { receiver: { port: {} } },
          /^receiver\.port must be a whole number .*, not "\{\}" \(set by the program\)$/,
        ],
        [{ receiver: 5 }, /^there is no setting receiver \(set by the program\)/],
        [{ receiver: { port: { deep: 1 } } }, /not "\{ deep: 1 \}"/],
      ] as const) {
        expect(refusal(() => loadSettings({ settings: given as object })).message).to.match(message);
      }
    });

    it('come from flag before environment before file before default, and remember it', () => {
      const environment = { TRIBES_RECEIVER_PORT: '5002', TRIBES_RECEIVER_AUTO_BIND: '2' };
      const content = 'receiver:\n  port: 5001\n  autoBind: 1\n  address: 127.0.0.1\n';
      const { settings, origins } = withFile(content, { environment, flags: [['receiver.port', '5003']] });
      expect(settings.receiver).to.include({ port: 5003, autoBind: 2, address: '127.0.0.1' });
      expect(origins.get('receiver.port')).to.deep.equal({ kind: 'flag', place: '--receiver.port' });
      expect(origins.get('receiver.autoBind')).to.deep.equal({
        kind: 'environment',
        place: 'TRIBES_RECEIVER_AUTO_BIND',
      });
      expect(origins.get('receiver.address')).to.deep.equal({ kind: 'file', place: 'tribes.yaml:4' });
      expect(origins.get('http.port')).to.deep.equal({ kind: 'default', place: 'default' });
    });

    describe('of channel.interceptors', () => {
      const ofFlag = (text: string) =>
        loadSettings({ flags: [['channel.interceptors', text]] }).settings.channel.interceptors;
      const DETECTOR = {
        className: 'TcpFailureDetector',
        attributes: new Map([
          ['connectTimeout', '500'],
          ['performReadTest', 'true'],
        ]),
      };
      const DISPATCH = { className: 'MessageDispatchInterceptor' };

      it('are class names with or without their package, or none', () => {
        const whole = 'org.apache.catalina.tribes.group.interceptors.TcpFailureDetector';
        expect(ofFlag(`MessageDispatch15Interceptor, ${whole}`)).to.deep.equal([
          { className: 'MessageDispatch15Interceptor' },
          { className: whole },
        ]);
        expect(ofFlag('')).to.deep.equal([]);
      });

      it('have attributes in parentheses', () => {
        const text =
          'TcpFailureDetector(connectTimeout=500, performReadTest=true),MessageDispatchInterceptor()';
        expect(ofFlag(text)).to.deep.equal([DETECTOR, DISPATCH]);
      });

      it('are a list in a file', () => {
        const content =
          'channel:\n  interceptors:\n    - {name: TcpFailureDetector, connectTimeout: 500, performReadTest: true}\n' +
          '    - MessageDispatchInterceptor\n';
        expect(withFile(content).settings.channel.interceptors).to.deep.equal([DETECTOR, DISPATCH]);
        const oneText =
          "channel.interceptors: 'TcpFailureDetector(connectTimeout=500, performReadTest=true)'\n";
        expect(withFile(oneText).settings.channel.interceptors).to.deep.equal([DETECTOR]);
      });

      it('are objects or names in a program', () => {
        const interceptors = [
          { name: 'TcpFailureDetector', connectTimeout: 500, performReadTest: true },
          'MessageDispatchInterceptor',
        ];
        const { settings } = loadSettings({ settings: { channel: { interceptors } } });
        expect(settings.channel.interceptors).to.deep.equal([DETECTOR, DISPATCH]);
        expect(loadSettings({ settings }).settings).to.deep.equal(settings);
      });

      for (const [content, reason] of [
        ['[[TcpFailureDetector]]', /a list of single values, or of elements with attributes, is expected/],
        ['[{connectTimeout: 500}]', /an element of a list needs a name/],
        ['[{name: TcpFailureDetector, connectTimeout: [500]}]', /have a single value each/],
      ] as const) {
        it(`are not ${content}`, () => {
          const { code, message } = refusal(() => withFile(`channel: {interceptors: ${content}}\n`));
          expect(code).to.equal('TRIBES_E_CONFIG_SYNTAX');
          expect(message).to.match(reason).and.include('tribes.yaml:1');
        });
      }

      it('keep their keys to themselves when they are refused', () => {
        for (const text of [
          'EncryptInterceptors(encryptionKey=cafebabe)',
          'EncryptInterceptors(encryptionKey="cafe,babe")',
          'EncryptInterceptor(encryptionKey=cafebabe',
        ]) {
          const { message } = refusal(() => ofFlag(text));
          expect(message)
            .to.include('encryptionKey=…')
            .and.not.match(/cafe|babe/);
        }
      });
    });

    it('are defaults that could have been written', () => {
      for (const [name, { type, defaultText }] of settingsByName) {
        expect(type.safeParse(defaultText).success, name).to.be.true;
      }
    });

    it('are unset by the empty text where that is allowed', () => {
      expect(withFile('membership:\n  bind:\n').settings.membership.bind).to.be.null;
    });
  });

  describe('files', () => {
    it('may be JSON', () => {
      const { settings } = withFile('{"receiver": {"port": 5001}, "log": {"redact": false}}');
      expect(settings.receiver.port).to.equal(5001);
      expect(settings.log.redact).to.be.false;
    });

    it('may write names whole', () => {
      expect(withFile('receiver.port: 5001').settings.receiver.port).to.equal(5001);
    });

    it('may be empty', () => {
      expect(withFile('# nothing yet\n').settings.receiver.port).to.equal(4000);
    });

    it('are named by TRIBES_CONFIG too', () => {
      writeFileSync(file, 'receiver.port: 5001');
      expect(loadSettings({ environment: { TRIBES_CONFIG: file } }).settings.receiver.port).to.equal(5001);
    });

    it('mean what is written, not what YAML makes of it', () => {
      expect(withFile('membership: {domain: 1e3}').settings.membership.domain).to.equal('1e3');
      expect(withFile('membership: {domain: "{1,2,-4}"}').settings.membership.domain).to.equal('{1,2,-4}');
    });

    for (const [what, content, reason] of [
      ['broken syntax', 'receiver: {port: 4000', /tribes\.yaml:1: /],
      ['an element given twice', 'receiver.port: 1\nreceiver.port: 2', /tribes\.yaml:2: .*unique/],
      ['a list', '- receiver', /tribes\.yaml:1: elements with attributes/],
      [
        'a list as a value',
        'receiver:\n  port: [4000]',
        /tribes\.yaml:2: receiver\.port must be a single value/,
      ],
      ['an alias', 'a: &a 1\nreceiver: *a', /receiver must be a single value/],
      ['a name that is no text', '[1, 2]: 3', /name of a setting is expected/],
    ] as const) {
      it(`are refused for ${what}, with the line`, () => {
        const { code, message } = refusal(() => withFile(content));
        expect(code).to.equal('TRIBES_E_CONFIG_SYNTAX');
        expect(message).to.match(reason).and.not.include('\n');
      });
    }

    it('are refused when they are not there', () => {
      const { code, message } = refusal(() =>
        loadSettings({ flags: [['config', '/nonexistent/tribes.yaml']] }),
      );
      expect(code).to.equal('TRIBES_E_CONFIG_FILE');
      expect(message).to.include('/nonexistent/tribes.yaml').and.include('ENOENT');
    });

    it('are refused when they are far too large', () => {
      const { code, message } = refusal(() => withFile(`# ${'x'.repeat(2 ** 20)}`));
      expect(code).to.equal('TRIBES_E_CONFIG_FILE');
      expect(message).to.include('1048576');
    });
  });

  describe('bad input', () => {
    it('is a misspelt flag: the nearest name is offered', () => {
      const { code, message } = refusal(() => loadSettings({ flags: [['receiver.prot', '4000']] }));
      expect(code).to.equal('TRIBES_E_SETTING_UNKNOWN');
      expect(message).to.equal(
        'there is no setting receiver.prot (--receiver.prot); did you mean receiver.port?',
      );
    });

    it('is a name without its element: all that end so are offered', () => {
      const { message } = refusal(() => loadSettings({ flags: [['autobind', '1']] }));
      expect(message).to.match(/did you mean receiver\.autoBind\?$/);
    });

    it('is a name like no other: nothing is offered', () => {
      expect(refusal(() => loadSettings({ flags: [['zzzzzzzz', '1']] })).message).to.match(/\(--zzzzzzzz\)$/);
    });

    it('is a misspelt name in a file: the line is named', () => {
      const { code, message } = refusal(() => withFile('receiver:\n  port: 4000\n  autobid: 3\n'));
      expect(code).to.equal('TRIBES_E_SETTING_UNKNOWN');
      expect(message).to.include('tribes.yaml:3').and.include('receiver.autoBind');
    });

    it('names such as __proto__ are names like others', () => {
      expect(refusal(() => withFile('__proto__: {port: 1}')).code).to.equal('TRIBES_E_SETTING_UNKNOWN');
      expect(refusal(() => loadSettings({ flags: [['constructor', 'x']] })).code).to.equal(
        'TRIBES_E_SETTING_UNKNOWN',
      );
    });

    for (const [name, value] of [
      ['cluster.channelSendOptions', '0'],
      ['cluster.channelSendOptions', '126'],
      ['cluster.channelSendOptions', 'async, udp,secure , multicast'],
      ['write.sendOptions', '62'],
      ['write.sendOptions', 'use_ack,synchronized_ack,udp'],
      ['backup.mapSendOptions', '38'],
    ] as const) {
      it(`${name} takes ${value}`, () => {
        expect(() => loadSettings({ flags: [[name, value]] })).not.to.throw();
      });
    }

    for (const [name, value, allowed] of [
      [
        'cluster.channelSendOptions',
        '1',
        'a sum of 2, 4, 8, 16, 32, 64, or names separated by commas: use_ack (2)',
      ],
      ['cluster.channelSendOptions', '128', 'a sum of 2, 4, 8, 16, 32, 64'],
      ['cluster.channelSendOptions', 'byte', 'a sum of 2, 4, 8, 16, 32, 64'],
      ['write.sendOptions', '64', 'a sum of 2, 4, 8, 16, 32, or names'],
      ['write.sendOptions', 'multicast', 'a sum of 2, 4, 8, 16, 32, or names'],
      ['receiver.udpPort', '-2', 'a whole number from -1 to 65535'],
      ['receiver.port', '65536', 'a whole number from 0 to 65535'],
      ['receiver.port', '4000x', 'a whole number from 0 to 65535'],
      ['receiver.port', '', 'a whole number from 0 to 65535'],
      ['receiver.port', '1e3', 'a whole number from 0 to 65535'],
      ['membership.frequency', '9', 'a whole number of milliseconds from 10 to 3600000'],
      ['membership.address', '10.0.0.1', 'a multicast address'],
      ['membership.address', 'tomcat.local', 'a multicast address'],
      ['membership.bind', 'eth0', 'an IP address, or empty'],
      ['membership.domain', '{1,2', 'ISO-8859-1 text, or bytes as {1,2,-4}'],
      ['membership.domain', '\u20ac', 'ISO-8859-1 text'],
      ['http.insecure', 'yes', 'true or false'],
      ['http.allowedHosts', 'a b', 'host names, separated by commas'],
      ['channel.interceptors', 'Foo', 'the class names, separated by commas, of any of Domain'],
      ['channel.interceptors', 'com.example.TcpFailureDetector', 'the class names, separated by commas'],
      ['log.level', 'verbose', 'one of trace, debug, info, warn, error, silent'],
      ['store.type', 'redis', 'one of lmdb, memory'],
      ['data', '', 'a path'],
    ] as const) {
      it(`is "${value}" for ${name}`, () => {
        const { code, message } = refusal(() => loadSettings({ flags: [[name, value]] }));
        expect(code).to.equal('TRIBES_E_SETTING_VALUE');
        expect(message).to.include(`${name} must be ${allowed}`).and.include(`"${value}" (--${name})`);
      });
    }

    it('is a value of the environment out of range: the variable is named', () => {
      const { message } = refusal(() => loadSettings({ environment: { TRIBES_MEMBERSHIP_TTL: '256' } }));
      expect(message).to.equal(
        'membership.ttl must be a whole number from -1 to 255, not "256" (TRIBES_MEMBERSHIP_TTL)',
      );
    });

    it('is a drop time that is not longer than the heartbeat period', () => {
      const { code, message } = refusal(() => loadSettings({ flags: [['membership.frequency', '5000']] }));
      expect(code).to.equal('TRIBES_E_SETTING_CONFLICT');
      expect(message).to.include('membership.dropTime is 3000 (default)');
      expect(message).to.include('membership.frequency 5000 (--membership.frequency)');
    });

    it('is a buffer that cannot hold the largest message', () => {
      const { code } = refusal(() => loadSettings({ flags: [['receiver.maxBufferedBytes', '4096']] }));
      expect(code).to.equal('TRIBES_E_SETTING_CONFLICT');
    });
  });

  describe('the environment', () => {
    it('warns of variables that begin like ours and are not', () => {
      const { warnings } = loadSettings({
        environment: { TRIBES_RECEIVER_PROT: '1', TRIBES_RECEIVER_PORT: '4001', PATH: '/bin' },
      });
      expect(warnings).to.deep.equal([
        'the environment variable TRIBES_RECEIVER_PROT is no setting; did you mean TRIBES_RECEIVER_PORT?',
      ]);
    });

    it('does not set anything by an empty variable', () => {
      const { settings, origins } = loadSettings({ environment: { TRIBES_RECEIVER_PORT: '' } });
      expect(settings.receiver.port).to.equal(4000);
      expect(origins.get('receiver.port')?.kind).to.equal('default');
    });
  });
});
