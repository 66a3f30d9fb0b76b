import type { Expected, MirrorNode, Tomcat } from '../kit/index.js';

/** What Tomcats say when they cannot send to a member that has gone. */
export function sendFailures(member: Tomcat | MirrorNode): Expected {
  const { address, receiverPort } = member;
  const bytes = address.replaceAll('.', ', ');
  return {
    pattern: new RegExp(
      [
        `Member send is failing for:\\[tcp://\\{${bytes}\\}:${receiverPort}\\]`,
        `Unable to send message through cluster sender[^]*Faulty members:tcp://\\{${bytes}\\}:${receiverPort}; $`,
      ].join('|'),
      'm',
    ),
    why: `${member.name} has gone, and was not known to have gone yet`,
  };
}
