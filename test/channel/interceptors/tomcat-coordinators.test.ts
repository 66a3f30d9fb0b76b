import { expect } from 'chai';
import { eventually } from '../../support/eventually.js';
import { describeWithJvm } from '../../support/jvm.js';
import { randomGroup, type LoopbackNode } from '../loopback-node.js';
import { nodeWith, specsOf, TomcatPeer } from './tomcat-peer.js';

const STACK = 'NonBlockingCoordinator,MessageDispatchInterceptor,TcpFailureDetector';

for (const tomcat of ['9', '10.1'] as const) {
  describeWithJvm(`two NonBlockingCoordinators of Tomcat ${tomcat}`, { tomcat }, (classPath) => {
    /** `node`: null while it does not run. */
    async function agree(node: LoopbackNode | null, peers: readonly TomcatPeer[]): Promise<void> {
      const all = [...(node === null ? [] : [node.port]), ...peers.map(({ member }) => member.port)];
      const ports = all.sort((one, other) => one - other);
      const [coordinator = 0] = ports;
      const expected = `view ${coordinator} of ${ports.join(' ')}`;
      const views = async (): Promise<string[]> =>
        Promise.all(
          peers.map(async ({ jvm }) => {
            const from = jvm.lines.length;
            jvm.tell('view');
            return await jvm.line(/^view/, { from });
          }),
        );
      let last = await views();
      for (let tries = 0; tries < 100 && !last.every((view) => view === expected); tries++) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        last = await views();
      }
      expect(last).to.eql(peers.map(() => expected));
      if (node === null) {
        return;
      }
      const statistic = (name: string) => node.statistic('NonBlockingCoordinator', name);
      await eventually('our view', () => statistic('viewMembers') === ports.length, 30_000);
      expect(statistic('isCoordinator')).to.equal(Number(coordinator === node.port));
    }

    it('and ours come to the same view and coordinator, when members leave and when they come', async function () {
      this.timeout(180_000);
      const group = randomGroup();
      const node = nodeWith(group, specsOf(STACK));
      await node.channel.start();
      const start = () => TomcatPeer.start(group, classPath, { stack: STACK, node });
      const peers = [await start(), await start()];
      try {
        await agree(node, peers);
        peers[0]?.jvm.tell('stop');
        await peers[0]?.jvm.line(/^stopped/);
        await agree(node, peers.slice(1));
        peers[0] = await start();
        await agree(node, peers);
        await node.channel.stop();
        await agree(null, peers);
        await node.channel.start();
        await agree(node, peers);
        expect(node.lines('error')).to.eql([]);
        expect(node.statistic('NonBlockingCoordinator', 'coordinationsRefused')).to.equal(0);
        expect(node.received).to.eql([]);
      } finally {
        await node.channel.stop();
        await Promise.all(peers.map(({ jvm }) => jvm.kill()));
      }
    });
  });
}
