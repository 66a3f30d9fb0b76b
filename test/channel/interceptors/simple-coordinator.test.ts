import { expect } from 'chai';
import { StartLevel } from '../../../src/membership/index.js';
import { member, memberPackage } from '../members.js';
import { InterceptorRig } from './interceptor-rig.js';

describe('SimpleCoordinator', () => {
  const local = memberPackage(4001);
  const before = member(4000);
  const after = member(4002);

  it('takes the first of all members for the coordinator, once they have been the same for 2.5 s', async () => {
    const rig = await new InterceptorRig('SimpleCoordinator', { local }).start();
    rig.clock.advance(2499);
    expect(rig.subject.statistics()).to.include({ viewMembers: 0, isCoordinator: 0 });
    rig.clock.advance(1);
    expect(rig.subject.statistics()).to.include({ viewMembers: 1, isCoordinator: 1, viewChanges: 1 });
    rig.lower.below = [after];
    rig.subject.memberAdded(after);
    rig.clock.advance(2000);
    rig.lower.below = [after, before];
    rig.subject.memberAdded(before);
    rig.clock.advance(2499);
    expect(rig.subject.statistics()).to.include({ viewMembers: 1 });
    rig.clock.advance(1);
    expect(rig.subject.statistics()).to.include({ viewMembers: 3, isCoordinator: 0, viewChanges: 2 });
    expect(rig.log.lines('info').at(-1)?.fields).to.include({ coordinator: before.name, members: 3 });
    rig.lower.below = [after];
    rig.subject.memberDisappeared(before, 'expired');
    rig.clock.advance(2500);
    expect(rig.subject.statistics()).to.include({ viewMembers: 2, isCoordinator: 1, viewChanges: 3 });
    expect(rig.upper.events).to.eql(['+4002', '+4000', '-4000 expired']);
  });

  it('knows nobody when it is stopped', async () => {
    const rig = await new InterceptorRig('SimpleCoordinator', { local }).start();
    rig.clock.advance(2500);
    await rig.subject.stop(StartLevel.DEFAULT);
    rig.subject.memberAdded(after);
    expect(rig.clock.pendingTimers).to.equal(0);
    expect(rig.subject.statistics()).to.include({ viewMembers: 0, isCoordinator: 0 });
  });
});
