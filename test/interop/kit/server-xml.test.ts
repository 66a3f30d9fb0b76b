import { expect } from 'chai';
import { serverXml, type ServerSettings } from '../../../interop/kit/index.js';

const settings: ServerSettings = {
  address: '127.0.0.1',
  httpPort: 8081,
  receiverPort: 4001,
  jvmRoute: 't1',
  applications: [
    { kind: 'app', path: '/app' },
    { kind: 'tiny', path: '', version: '003' },
  ],
  documentBases: '/bases',
  cluster: { group: { address: '228.0.0.9', port: 45_999 } },
};

describe('serverXml', () => {
  it('has the defaults of Tomcat where nothing is said', () => {
    const xml = serverXml(settings);
    expect(xml).to.match(/<Cluster [^>]*channelSendOptions="8"/);
    expect(xml).to.match(/<Manager className="org\.apache\.catalina\.ha\.session\.DeltaManager"\/>/);
    expect(xml).to.match(
      /<Membership [^>]*address="228\.0\.0\.9" port="45999" frequency="500" dropTime="3000" bind="127\.0\.0\.1"/,
    );
    expect(xml).to.match(/TcpFailureDetector"\/>\s*<Interceptor [^>]*MessageDispatchInterceptor"/);
  });

  it('binds nothing but the given address', () => {
    expect(serverXml(settings)).to.match(/<Connector port="8081" address="127\.0\.0\.1"/);
    expect(serverXml(settings)).to.match(/<Receiver [^>]*address="127\.0\.0\.1" port="4001"/);
  });

  it('puts the cluster into the Engine or the Host', () => {
    const position = (level: 'Engine' | 'Host'): boolean => {
      const xml = serverXml({ ...settings, cluster: { ...settings.cluster, level } });
      return xml.indexOf('<Cluster') < xml.indexOf('<Host');
    };
    expect(position('Engine')).to.equal(true);
    expect(position('Host')).to.equal(false);
  });

  it('names every application, and escapes what XML needs escaped', () => {
    const xml = serverXml({ ...settings, documentBases: '/a&"b' });
    expect(xml).to.include('<Context path="/app" docBase="/a&amp;&quot;b/app" privileged="true"/>');
    expect(xml).to.include(
      '<Context name="##003" webappVersion="003" path="" docBase="/a&amp;&quot;b/tiny" privileged="true"/>',
    );
  });

  it('takes interceptors and attributes of the manager as they are given', () => {
    const cluster = {
      ...settings.cluster,
      interceptors: ['GzipInterceptor', 'org.example.Ours'],
      managerAttributes: { sendAllSessions: false },
    };
    const xml = serverXml({ ...settings, cluster });
    expect(xml).to.match(/<Manager [^>]*sendAllSessions="false"/);
    expect(xml).to.match(/interceptors\.GzipInterceptor"\/>\s*<Interceptor className="org\.example\.Ours"/);
    expect(xml).to.not.include('TcpFailureDetector');
  });

  it('writes attributes and static members of an interceptor, with ids that follow from their ports', () => {
    const cluster = {
      ...settings.cluster,
      channelStartOptions: 3,
      domain: 'shop',
      interceptors: [
        { className: 'GzipInterceptor', attributes: { compressionMinSize: 100 } },
        { className: 'StaticMembershipInterceptor', members: [{ address: '127.0.0.2', receiverPort: 511 }] },
      ],
    };
    const xml = serverXml({ ...settings, cluster });
    expect(xml).to.match(/<Cluster [^>]*channelStartOptions="3"/);
    expect(xml).to.match(/<Membership [^>]*McastService"[^>]*domain="shop"/);
    expect(xml).to.match(/GzipInterceptor" compressionMinSize="100"\/>/);
    const member =
      '[^>]*StaticMember" host="127.0.0.%" port="%" uniqueId="{0,0,0,0,0,0,0,0,0,0,0,0,0,0,%}" domain="shop"/>';
    const written = (element: string, ...values: string[]): string =>
      values.reduce((text, value) => text.replace('%', value), `<${element} ${member}`);
    expect(xml).to.match(
      new RegExp(
        `StaticMembershipInterceptor">\\s*${written('LocalMember', '1', '4001', '15,-95')}\\s*${written('Member', '2', '511', '1,-1')}\\s*</Interceptor>`,
      ),
    );
  });
});
