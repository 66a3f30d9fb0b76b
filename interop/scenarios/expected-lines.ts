import type { Endpoint, Expected, MirrorNode, Tomcat } from '../kit/index.js';

/** What Tomcats say when they cannot send to a member that has gone. */
export function sendFailures(member: Tomcat | MirrorNode): Expected {
  const name = memberName(member);
  return {
    pattern: new RegExp(
      [
        `Member send is failing for:\\[${name}\\]`,
        `Unable to send message through cluster sender[^]*Faulty members:(?:${name}; )+$`,
      ].join('|'),
      'm',
    ),
    why: `${member.name} has gone, and was not known to have gone yet`,
  };
}

/** What a Tomcat says that was cut off from a member, when the connections of before end. */
export const CUT_OFF: Expected = {
  pattern: /NioReplicationTask\.run IOException in replication worker.*Keep alive socket closed/,
  why: 'a connection of before the cut is reset when the link is mended',
};

/** What a Tomcat says that was frozen, when it goes on and answers who has not waited for it. */
export const ANSWERED_TOO_LATE: Expected = {
  pattern: /NioReplicationTask\.sendAck Unable to send ACK back through channel, channel disconnected\?/,
  why: 'it was frozen for longer than a sender waits for an acknowledgement',
};

/** What Tomcats say when a member is back at its address before they have dropped its predecessor. */
export function ghosts(member: Tomcat | MirrorNode): Expected {
  return {
    pattern: new RegExp(`Member added, even though we weren't notified:.*\\[${memberName(member)},`),
    why: `${member.name} was started again sooner than dropTime after it was killed`,
  };
}

/** A difference: the node has seen somebody log in, and the Tomcats have got the session later, as a whole. */
export const LOGIN_NOT_TRANSFERRED: Expected = {
  pattern: /authType: (tomcat\d null, )+node\d "(BASIC|FORM)"/,
  why: 'the kind of login is not part of a whole session: who gets it by state transfer does not know it',
};

/** A difference: a session was used and not changed. */
export const ACCESS_NOT_TOLD: Expected = {
  pattern: /lastAccessedTime: tomcat\d \d+, node\d \d+$/,
  why: 'a BackupManager tells its backup of a mere access only once in the time after which the session would end',
};

/** What a Tomcat says whose message a member does not take, since it is too large. */
export const TOO_LARGE: Expected = {
  pattern: /Member send is failing for|Unable to send message through cluster sender/,
  why: 'the member closes the connection on which a message comes that is larger than receiver.maxFrameBytes',
};

/** What a Tomcat says that comes or goes while the others are sending. */
export const UNDER_LOAD: Expected = {
  pattern: new RegExp(
    [
      "ClusterSessionListener\\.messageReceived Context manager doesn't exist:",
      'Unable to receive message through TCP channel[^]*Session \\[.*\\] has already been invalidated',
      'Drop message \\[SESSION-(DELTA|ACCESSED)\\] inside GET_ALL_SESSIONS sync phase',
    ].join('|'),
  ),
  why:
    'a Tomcat is in the cluster before its applications have started, and while they end and a while after; ' +
    'and when it has its state it drops what it has heard that is stamped earlier (stateTimestampDrop), whoever sent ' +
    'the state: one of a Tomcat is stamped with the moment of its listing, which is later than that of the request, ' +
    'the stamp of ours, so that as much and more is dropped. The node has it in the state, or sends the session again',
};

/** What Tomcats with BackupManagers say while one of them comes or goes. */
export const MAP_UNDER_LOAD: Expected = {
  pattern: /AbstractReplicatedMap|LazyReplicatedMap|BackupManager/,
  why: 'a member is in the map before it has gone, or after',
};

/** What Tomcats of different groups say of each other's map messages; the node's payload is not empty. */
export const OTHER_GROUP: Expected = {
  pattern: new RegExp(
    [
      'Unable to deserialize message:.*payload=\\{\\}[^]*MemberImpl; local class incompatible',
      'Unable to send AbstractReplicatedMap\\.ping message',
    ].join('|'),
  ),
  why: 'a Tomcat cannot read what one of another group says of its map, and does not answer it',
};

/** What a Tomcat says when a session comes twice in one state. */
export const SENT_AGAIN: Expected = {
  pattern: /DeltaManager\.deserializeSessions overload existing session \[/,
  why: 'a change that the Tomcat drops reached the node when it had sent the session: it has sent it again',
};

/** What a Tomcat 9 says that has the node in no list, and so is asked first in the form of 10.1. */
export const ASKED_IN_ANOTHER_FORM: Expected = {
  pattern:
    /GroupChannel\.messageReceived Unable to deserialize message:[^]*MemberImpl; local class incompatible/,
  why: 'nobody can know its release before it has said something; the next question is in its form',
};

/** As MemberImpl or StaticMember writes it, as a regular expression. */
export function memberName({ address, receiverPort }: Endpoint): string {
  const hosts = [`\\{${address.replaceAll('.', ', ')}\\}`, address.replaceAll('.', '\\.')];
  return `tcp://(?:${hosts.join('|')}):${receiverPort}`;
}
