import { expect } from 'chai';
import { channelAdvice } from '../../src/channel/channel-advice.js';

const STATIC = 'StaticMembershipInterceptor';

describe('the advice to a channel', () => {
  it('is none where all is there', () => {
    expect(channelAdvice(['MessageDispatchInterceptor'], 15)).to.eql([]);
    expect(channelAdvice(['TcpPingInterceptor', 'TcpFailureDetector', STATIC], 15)).to.eql([]);
  });

  it('names what notices that static members die, unless it stands before them', () => {
    for (const interceptors of [[STATIC], [STATIC, 'TcpFailureDetector', 'TcpPingInterceptor']]) {
      const advice = channelAdvice(interceptors, 15);
      expect(advice.map((text) => /there is no (\w+)/.exec(text)?.[1])).to.eql([
        'TcpFailureDetector',
        'TcpPingInterceptor',
      ]);
    }
    expect(channelAdvice(['TcpFailureDetector', STATIC], 15)).to.have.length(1);
    const full = `org.apache.catalina.tribes.group.interceptors.${STATIC}`;
    expect(channelAdvice([full], 15)).to.have.length(2);
  });

  it('says what it means that the membership is not started', () => {
    const [deaf = '', mute = '', ...more] = channelAdvice([], 3);
    expect(more).to.eql([]);
    expect(deaf).to.include('nobody is known');
    expect(mute).to.include('does not tell the others');
    expect(channelAdvice(['TcpPingInterceptor', 'TcpFailureDetector', STATIC], 7)).to.have.length(1);
    expect(channelAdvice(['TcpPingInterceptor', 'TcpFailureDetector', STATIC], 11)[0]).to.include(
      `only those of the ${STATIC} are known`,
    );
  });
});
