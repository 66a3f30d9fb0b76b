import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadSettings, toServerXml, type LoadedSettings } from '../../../src/config/index.js';
import { readServerXml, type ServerXmlSource } from '../../../src/config/server-xml/server-xml.js';
import { parseStaticMembers } from '../../../src/base/index.js';
import { thrownBy } from '../../support/errors.js';
import { sourceFile } from '../../support/jvm.js';

const TRIBES = 'org.apache.catalina.tribes';

describe('server.xml', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'server-xml-'));
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  function file(text: string, name = 'server.xml'): string {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  }

  const engine = (cluster: string): string =>
    `<Server>\n<Service><Engine name="Catalina">\n${cluster}\n<Host name="localhost"/></Engine></Service></Server>`;

  const channel = (inner: string): string =>
    engine(`<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster"><Channel className="${TRIBES}.group.GroupChannel">
${inner}
</Channel></Cluster>`);

  function read(text: string, rest: Partial<ServerXmlSource> = {}) {
    const { settings, warnings } = readServerXml({
      path: file(text),
      localAddresses: new Set(['10.0.0.5']),
      ...rest,
    });
    return { settings: settings.map((it) => `${it.name}=${it.text} ${it.origin.place}`), warnings };
  }

  function load(path: string, flags: Record<string, string> = {}): LoadedSettings {
    return loadSettings({ flags: Object.entries({ 'server-xml': path, ...flags }) });
  }

  describe('of guides', () => {
    const guides = sourceFile('test/config/server-xml/guides');
    for (const name of readdirSync(guides)) {
      it(`${name} is taken`, () => {
        const { settings, warnings } = load(join(guides, name), { 'receiver.address': '127.0.0.1' });
        expect(settings.channel.interceptors.map(({ className }) => className)).to.include.members([
          'TcpFailureDetector',
        ]);
        expect(warnings.filter((warning) => /nothing for it|nothing that Tomcat reads/.test(warning))).to.eql(
          [],
        );
      });
    }

    it('a whole one sets what it says', () => {
      const { settings, origins } = load(join(guides, 'backup-two-on-one-host-2.xml'));
      expect(settings.membership).to.include({
        address: '228.0.0.4',
        port: 45_564,
        frequency: 500,
        dropTime: 3000,
      });
      expect(settings.receiver).to.include({ address: '127.0.0.1', port: 5000, autoBind: 100 });
      expect(settings.channel.interceptors).to.eql([
        { className: 'TcpFailureDetector' },
        { className: 'MessageDispatch15Interceptor' },
      ]);
      expect(settings.cluster.channelSendOptions).to.equal('8');
      expect(settings.backup.mapSendOptions).to.equal('6');
      expect(origins.get('receiver.port')).to.eql({
        kind: 'server.xml',
        place: 'backup-two-on-one-host-2.xml:12 <Receiver port>',
      });
    });

    it('one in which the class names are misspelt means the same, and each is warned of', () => {
      const { settings, warnings } = load(join(guides, 'backup-sync-throughput-misspelt.xml'));
      expect(settings.channel.interceptors.map(({ className }) => className)).to.eql([
        'TcpFailureDetector',
        'MessageDispatch15Interceptor',
        'ThroughputInterceptor',
      ]);
      expect(warnings.filter((warning) => warning.includes('taken for className'))).to.have.length(12);
    });
  });

  it('comes before the defaults, and behind all else', () => {
    const path = file(
      channel(`<Receiver className="${TRIBES}.transport.nio.NioReceiver" port="4100" autoBind="7"/>`),
    );
    const config = file('receiver: {autoBind: 9}', 'tribes.yaml');
    const { settings } = load(path, { config, 'membership.port': '45565' });
    expect(settings.receiver).to.include({ port: 4100, autoBind: 9 });
    expect(settings.membership.port).to.equal(45_565);
  });

  it('may be named by the environment', () => {
    const path = file(channel(`<Receiver className="${TRIBES}.transport.nio.NioReceiver" port="4100"/>`));
    const { settings, warnings } = loadSettings({ environment: { TRIBES_SERVER_XML: path } });
    expect(settings.receiver.port).to.equal(4100);
    expect(warnings).to.eql([]);
  });

  it('passes on interceptors in their order, with their attributes', () => {
    const names = ['TcpFailureDetector', 'GzipInterceptor', 'MessageDispatchInterceptor'];
    const [first, second, third] = names.map((name) => `${TRIBES}.group.interceptors.${name}`);
    const { settings, warnings } = read(
      channel(`<Interceptor className="${first}" connectTimeout="500" performReadTest="true"/>
<Interceptor className="${second}"/><Interceptor className="${third}" maxqueuesize="5"/>`),
    );
    expect(settings).to.eql([
      'channel.interceptors=TcpFailureDetector(connectTimeout=500, performReadTest=true), GzipInterceptor, ' +
        'MessageDispatchInterceptor server.xml:3 <Interceptor>',
    ]);
    expect(warnings).to.eql([
      'server.xml:5 <Interceptor maxqueuesize>: MessageDispatchInterceptor has no such attribute, and Tomcat ignores it; did you mean maxQueueSize?',
    ]);
  });

  it('reads static members, and says which cannot be', () => {
    const { settings, warnings } = read(
      channel(`<Interceptor className="${TRIBES}.group.interceptors.StaticMembershipInterceptor">
<LocalMember className="${TRIBES}.membership.StaticMember" domain="\${none:-a shop}" uniqueId="{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}"/>
<Member className="${TRIBES}.membership.StaticMember" host="10.0.0.6" port="4000" domain="a shop" uniqueId="{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,-1}"/>
<Member host="10.0.0.7" port="\${none:-4001}" securePort="-1"/>
<Member host="somewhere" port="4001"/><Member host="10.0.0.256" port="4001"/>
<Member port="4002"/></Interceptor>`),
    );
    expect(settings).to.eql([
      'membership.domain=a shop server.xml:5 <LocalMember domain>',
      'channel.interceptors=StaticMembershipInterceptor(members="10.0.0.6:4000?uniqueId={0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,-1}&domain=a%20shop ' +
        '10.0.0.7:4001?securePort=-1 somewhere:4001", uniqueId={0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}) server.xml:3 <Interceptor>',
    ]);
    expect(warnings).to.eql([
      'server.xml:8 <Member> cannot be honoured: the static member 10.0.0.256:4001 is not understood: "10.0.0.256" is neither an address nor a name, so the node does not look for that member',
      'server.xml:9 <Member> cannot be honoured: it says no host or port, so the node does not look for that member',
    ]);
    const [, members = ''] = /members="([^"]*)"/.exec(settings[1] ?? '') ?? [];
    expect(parseStaticMembers(members).map(({ port, domain }) => [port, domain.toString()])).to.eql([
      [4000, 'a shop'],
      [4001, ''],
      [4001, ''],
    ]);
  });

  it('says which attributes of a member are misspelt', () => {
    const member = (element: string): string => `<${element} className="${TRIBES}.membership.StaticMember"`;
    const { settings, warnings } = read(
      channel(`<Membership className="${TRIBES}.membership.StaticMembershipService">
${member('LocalMember')} host="10.0.0.5" port="4000" uniqueid="{1}"/>
<Member classname="${TRIBES}.membership.StaticMember" Host="10.0.0.6" port="4000"/></Membership>
<Interceptor className="${TRIBES}.group.interceptors.StaticMembershipInterceptor">
${member('LocalMember')} domian="a"/>
${member('Member')} host="10.0.0.7" prot="4000" port="4001"/></Interceptor>`),
    );
    expect(settings.filter((text) => /embers=/.test(text))).to.eql([
      'staticMembership.members=10.0.0.5:4000 server.xml:4 <Member>',
      'channel.interceptors=StaticMembershipInterceptor(members=10.0.0.7:4001) server.xml:3 <Interceptor>',
    ]);
    const ignored = 'StaticMember has no such attribute, and Tomcat ignores it; did you mean';
    expect(warnings).to.have.members([
      `server.xml:5 <LocalMember uniqueid>: ${ignored} uniqueId?`,
      'server.xml:6 <Member classname>: Tomcat knows no such attribute, and is here taken for className',
      `server.xml:6 <Member Host>: ${ignored} host?`,
      'server.xml:6 <Member> cannot be honoured: it says no host or port, so the node does not look for that member',
      `server.xml:8 <LocalMember domian>: ${ignored} domain?`,
      `server.xml:9 <Member prot>: ${ignored} port?`,
    ]);
  });

  describe('starts of the channel', () => {
    const cluster = (options: string): LoadedSettings =>
      load(file(engine(`<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" ${options}/>`)));

    // ChannelCoordinator.internalStart: other bits do not count.
    for (const [options, started] of [
      ['', 15],
      ['channelStartOptions="3"', 3],
      ['channelStartOptions="7"', 7],
      ['channelStartOptions="19"', 3],
      ['channelStartOptions="-1"', 15],
    ] as const) {
      it(`what it says: ${options === '' ? 'nothing' : options}`, () => {
        const { settings, warnings } = cluster(options);
        expect(settings.cluster.channelStartOptions).to.equal(started);
        expect(warnings).to.eql([]);
        const again = load(file(engine(toServerXml(settings))));
        // A Tomcat that joins a node that is not announced, or hears nothing, has to hear and be heard all the same.
        expect(again.settings.cluster.channelStartOptions).to.equal(started === 3 ? 3 : 15);
      });
    }

    for (const options of ['0', '1', '2', '12', '16', 'DEFAULT']) {
      it(`all of it for ${options}, with a warning`, () => {
        const { settings, warnings } = cluster(`channelStartOptions="${options}"`);
        expect(settings.cluster.channelStartOptions).to.equal(15);
        expect(warnings).to.have.length(1);
        expect(warnings[0]).to.include(
          `<Cluster channelStartOptions> cannot be honoured: it is "${options}"`,
        );
      });
    }
  });

  it('says what it cannot honour, each once, with element and attribute', () => {
    const { settings, warnings } = read(
      channel(`<Receiver className="${TRIBES}.transport.nio.NioReceiver" address="10.0.0.9" udpPort="4002" securePort="-1" maxThreads="6"/>
<Membership className="${TRIBES}.membership.McastService" bind="10.0.0.5" port="none" dropTimes="3000"/>
<Sender className="com.example.Sender"/>
<Recevier/>`),
    );
    expect(settings).to.eql([
      'receiver.udpPort=4002 server.xml:4 <Receiver udpPort>',
      'receiver.securePort=-1 server.xml:4 <Receiver securePort>',
      'membership.bind=10.0.0.5 server.xml:5 <Membership bind>',
    ]);
    expect(warnings).to.eql([
      'server.xml:4 <Receiver address> cannot be honoured: 10.0.0.9 is no address of this host; the node uses what it would use without it',
      'server.xml:4 <Receiver maxThreads> has no effect here: the node has one thread for the network, and no queue in front of it',
      'server.xml:5 <Membership port> cannot be honoured: it is "none", and membership.port must be a whole number from 1 to 65535; it stays as it would be without',
      'server.xml:5 <Membership dropTimes>: McastService has no such attribute, and Tomcat ignores it; did you mean dropTime?',
      'server.xml:6 <Sender className="com.example.Sender">: this node has nothing for it',
      'server.xml:7 <Recevier> in <Channel> is nothing that Tomcat reads; did you mean Receiver?',
    ]);
  });

  it('takes what is said of UDP, and says what means nothing', () => {
    const transport = `${TRIBES}.transport`;
    const { settings, warnings } = read(
      channel(`<Receiver className="${transport}.nio.NioReceiver" udpPort="4600" udpRxBufSize="131072" udpTxBufSize="4096" securePort="4433"/>
<Sender className="${transport}.ReplicationTransmitter"><Transport className="${transport}.nio.PooledParallelSender" udpBased="true" udpPort="4600" udpRxBufSize="8192" udpTxBufSize="16384"/></Sender>`),
    );
    expect(settings).to.eql([
      'receiver.udpPort=4600 server.xml:4 <Receiver udpPort>',
      'receiver.udpRxBufSize=131072 server.xml:4 <Receiver udpRxBufSize>',
      'receiver.udpTxBufSize=4096 server.xml:4 <Receiver udpTxBufSize>',
      'receiver.securePort=4433 server.xml:4 <Receiver securePort>',
      'sender.udpRxBufSize=8192 server.xml:5 <Transport udpRxBufSize>',
      'sender.udpTxBufSize=16384 server.xml:5 <Transport udpTxBufSize>',
    ]);
    expect(warnings).to.eql([
      'server.xml:5 <Transport udpBased> has no effect here: each message says for itself whether it goes by UDP (option 32), in Tomcat too',
      'server.xml:5 <Transport udpPort> has no effect here: it is that of the member that is sent to, in Tomcat too',
    ]);
  });

  it('opens no UDP port where a Tomcat opens none', () => {
    const { settings } = read(
      channel(`<Receiver className="${TRIBES}.transport.nio.NioReceiver" udpPort="0"/>`),
    );
    expect(settings).to.eql(['receiver.udpPort=-1 server.xml:4 <Receiver udpPort>']);
    const bio = read(channel(`<Receiver className="${TRIBES}.transport.bio.BioReceiver" udpPort="4600"/>`));
    expect(bio.settings).to.eql([]);
    expect(bio.warnings).to.eql([
      'server.xml:4 <Receiver udpPort> has no effect here: its class has no UDP, in Tomcat neither',
    ]);
  });

  describe('with properties', () => {
    const text = channel(
      `<Membership className="${TRIBES}.membership.McastService" address="\${group}" port="\${group.port:-45570}" domain="\${none}"/>`,
    );

    it('takes those of catalina.properties, of the environment, and those given, which come first', () => {
      file('group.port=45571\ngroup: 228.\\\n  0.0.9\n', 'catalina.properties');
      expect(read(text, { environment: { group: '228.0.0.1', none: 'env' } }).settings.map(valueOf)).to.eql([
        'membership.address=228.0.0.9',
        'membership.port=45571',
        'membership.domain=env',
      ]);
      const properties = new Map([['group', '228.0.0.2']]);
      expect(read(text, { properties }).settings.map(valueOf)).to.include('membership.address=228.0.0.2');
    });

    it('says which are not set', () => {
      const { settings, warnings } = read(text, { environment: { group: '228.0.0.1' } });
      expect(settings.map(valueOf)).to.include('membership.port=45570');
      expect(warnings).to.eql(['server.xml:4 the property none is not set: it stays as it is written']);
    });

    const valueOf = (setting: string): string => setting.split(' ')[0] ?? '';
  });

  it('takes static lists, with the Tomcat itself, and members of clouds', () => {
    const lists = `<Receiver className="${TRIBES}.transport.nio.NioReceiver" address="10.0.0.5" port="4001"/>
<Membership className="${TRIBES}.membership.StaticMembershipService" expirationTime="7000">
<LocalMember className="${TRIBES}.membership.StaticMember" domain="staging" uniqueId="{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}"/>
<Member className="${TRIBES}.membership.StaticMember" host="10.0.0.6" port="4000" securePort="-1"/><Member port="4000"/>
</Membership>`;
    const { settings, warnings } = loadSettings({
      flags: [['server-xml', file(channel(lists))]],
    });
    expect(settings.membership.type).to.eql(['static']);
    expect(settings.staticMembership.expirationTime).to.equal(7000);
    expect(read(channel(lists)).settings).to.include(
      'staticMembership.members=10.0.0.5:4001?uniqueId={0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}&domain=staging,10.0.0.6:4000?securePort=-1 server.xml:5 <Member>',
    );
    expect(warnings.filter((warning) => warning.includes('<Member>'))).to.have.length(1);
    expect(settings.membership.domain).to.equal('staging');
    const cloud = (provider: string): string =>
      channel(`<Membership className="${TRIBES}.membership.cloud.CloudMembershipService"${provider}/>`);
    expect(load(file(cloud(''))).settings.membership.type).to.eql(['kubernetes']);
    const dns = ` membershipProviderClassName="${TRIBES}.membership.cloud.DNSMembershipProvider"`;
    expect(load(file(cloud(dns))).settings.membership.type).to.eql(['dns']);
  });

  for (const [type, members] of [
    ['static', '10.0.0.6:4000?uniqueId={0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}&domain=a,[fd00::1]:4001'],
    ['dns', ''],
    ['kubernetes', ''],
  ] as const) {
    it(`is written for ${type}, too`, () => {
      const before = loadSettings({
        flags: [
          ['membership.type', type],
          ['staticMembership.members', members],
        ],
      });
      const { settings, warnings } = load(file(engine(toServerXml(before.settings))));
      expect(warnings).to.eql([]);
      expect(settings.membership.type).to.eql([type]);
      expect(settings.staticMembership.members).to.have.members([
        ...before.settings.staticMembership.members,
      ]);
    });
  }

  it('is written with the members of a StaticMembershipInterceptor, and this node where it has an id and a place', () => {
    const own = '{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}';
    const members = `10.0.0.6:4000?uniqueId=${own.replace('15', '-1')} tomcat-1:4001?domain=a%20b`;
    const written = (flags: Record<string, string>): LoadedSettings => {
      const interceptors = `TcpPingInterceptor,TcpFailureDetector,StaticMembershipInterceptor(members="${members}",uniqueId=${own})`;
      const given = { 'channel.interceptors': interceptors, ...flags };
      const { settings } = loadSettings({ flags: Object.entries(given) });
      return load(file(engine(toServerXml(settings))));
    };
    const membersIn = ({ settings, warnings }: LoadedSettings): string | undefined => {
      expect(warnings).to.eql([]);
      return settings.channel.interceptors.at(-1)?.attributes?.get('members');
    };
    expect(membersIn(written({}))).to.equal(members);
    const placed = { 'receiver.address': '127.0.0.1', 'receiver.port': '4003', 'membership.domain': 'a,b' };
    expect(membersIn(written(placed))).to.equal(`${members} 127.0.0.1:4003?uniqueId=${own}&domain=a%2Cb`);
  });

  describe('with several Clusters', () => {
    const cluster = (port: number): string =>
      `<Cluster><Channel className="${TRIBES}.group.GroupChannel"><Receiver className="${TRIBES}.transport.nio.NioReceiver" port="${port}"/></Channel></Cluster>`;
    const text = `<Server><Service><Engine name="Catalina">${cluster(4001)}
      <Host name="one">${cluster(4002)}</Host><Host name="two">${cluster(4003)}</Host></Engine></Service></Server>`;

    for (const [wanted, port] of [
      ['Catalina', 4001],
      ['Catalina/one', 4002],
      ['Catalina/two', 4003],
    ] as const) {
      it(`takes the one at ${wanted}`, () => {
        expect(load(file(text), { cluster: wanted }).settings.receiver.port).to.equal(port);
      });
    }

    it('asks which one is meant', () => {
      const { message } = thrownBy('TRIBES_E_SERVER_XML_CLUSTER', () => load(file(text)));
      expect(message).to.include('Catalina (line 1), Catalina/one (line 2), Catalina/two (line 2)');
      thrownBy('TRIBES_E_SERVER_XML_CLUSTER', () => load(file(text), { cluster: 'Catalina/three' }));
      thrownBy('TRIBES_E_SERVER_XML_CLUSTER', () => load(file('<Server><Cluster/></Server>')));
    });
  });

  describe('is refused', () => {
    const cases: readonly (readonly [string, string])[] = [
      [
        'with a DOCTYPE',
        '<?xml version="1.0"?><!-- x --><!DOCTYPE Server SYSTEM "http://127.0.0.1/x.dtd"><Server/>',
      ],
      ['with an entity of a file', '<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><Server a="&x;"/>'],
      ['with entities that grow', '<!DOCTYPE s [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><Server a="&b;"/>'],
      ['with an entity that is not there', '<Server a="&x;"/>'],
      ['cut off', '<Server><Service>'],
      ['with attributes without quotes', '<Server port=8005/>'],
      ['with two roots', '<Server/><Server/>'],
      ['when it is empty', ''],
      ['when it is too deep', `${'<a>'.repeat(200)}${'</a>'.repeat(200)}`],
    ];
    for (const [what, text] of cases) {
      it(what, () => {
        thrownBy('TRIBES_E_SERVER_XML_SYNTAX', () => load(file(text)));
      });
    }

    it('when it is not there, or too large', () => {
      thrownBy('TRIBES_E_CONFIG_FILE', () => load(join(directory, 'none.xml')));
      thrownBy('TRIBES_E_CONFIG_FILE', () => load(file(' '.repeat(2 ** 20 + 1))));
    });
  });

  it('is written so that a Tomcat joins: what is written is read back as it was', () => {
    const flags = {
      'membership.address': '228.0.0.9',
      'membership.domain': 'shop & "co"',
      'membership.bind': '127.0.0.1',
      'channel.interceptors':
        'TcpFailureDetector(connectTimeout=500), GzipInterceptor, MessageDispatchInterceptor',
      'cluster.channelSendOptions': '6',
      'receiver.udpPort': '4600',
      'receiver.udpRxBufSize': '131072',
      'sender.udpTxBufSize': '32768',
    };
    const before = loadSettings({ flags: Object.entries(flags) });
    const { settings, warnings } = load(file(engine(toServerXml(before.settings))));
    expect(warnings).to.eql([]);
    expect(settings.membership).to.eql(before.settings.membership);
    expect(settings.cluster).to.eql(before.settings.cluster);
    expect(settings.channel.interceptors).to.eql(before.settings.channel.interceptors);
    const { udpPort, udpRxBufSize, udpTxBufSize } = settings.receiver;
    expect([udpPort, udpRxBufSize, udpTxBufSize]).to.eql([4600, 131_072, 25_188]);
    expect(settings.sender).to.eql(before.settings.sender);
  });

  it('is written with a UDP port only where the node has one', () => {
    const written = (flags: [string, string][]): string => toServerXml(loadSettings({ flags }).settings);
    expect(written([])).not.to.contain('udp');
    expect(written([['receiver.udpPort', '0']])).to.contain('udpPort="4000"');
  });
});
