import type { ErrorEntries } from './error-entry.js';

export const channelErrors = {
  TRIBES_E_CHANNEL_NO_DESTINATION: {
    message: 'a message was to be sent to nobody',
    cause: 'The list of destinations is empty, most often because the node is alone in its cluster.',
    remedy: 'Ask for the members of the channel first, and send only when there are some.',
  },
  TRIBES_E_CHANNEL_NOT_STARTED: {
    message: 'the channel is not started: {operation} is not possible',
    cause: 'The channel has not been started yet, was stopped, or failed to start.',
    remedy: 'Start the channel first, and stop using it once it is stopped.',
  },
  TRIBES_E_CHANNEL_NOT_A_STREAM: {
    message:
      'a message without SEND_OPTIONS_BYTE_MESSAGE (1) must be a Java object stream: it begins with {found}, not with aced0005',
    cause:
      'Raw bytes were sent with options that announce a serialised Java object; a Tomcat would log an error.',
    remedy: 'Add 1 to the options of raw bytes, or send a Java object stream.',
  },
  TRIBES_E_CHANNEL_QUEUE_FULL: {
    message:
      'the queue of MessageDispatchInterceptor is full: {queued} bytes are waiting, {size} more exceed maxQueueSize {maxQueueSize}',
    cause: 'Messages are sent asynchronously (option 8) faster than the members take them.',
    remedy:
      'Raise maxQueueSize, set alwaysSend="true" so that senders wait instead, or find the member that is slow.',
  },
  TRIBES_E_CHANNEL_DISCARDED: {
    message: 'a queued message for {member} was not sent: {reason}',
    cause: 'The member left the cluster, or the channel was stopped, before the message had its turn.',
    remedy: 'None is needed when the member is gone for good; it gets the whole state when it comes back.',
  },
  TRIBES_E_CHANNEL_NO_MULTICAST: {
    message: 'there is no multicast group to send a message with SEND_OPTIONS_MULTICAST (64) to',
    cause:
      'Such a message goes to everybody on the group of the membership; membership.type is a list, or one of a cloud. A Tomcat drops it then, and says nothing.',
    remedy: 'Send without option 64, or add multicast to membership.type.',
  },
  TRIBES_E_CHANNEL_INTERCEPTOR: {
    message: 'unknown interceptor {className}: expected one of {known}',
    cause: 'The class name is misspelt, or this node does not have the interceptor.',
    remedy: 'Correct the name. Leave the interceptor out only if it does not change the bytes of messages.',
  },
  TRIBES_E_CHANNEL_INTERCEPTOR_ATTRIBUTE: {
    message: '{interceptor} has {attribute}="{value}": expected {expected}',
    cause: 'An attribute of an interceptor is misspelt or out of range.',
    remedy: 'Correct the attribute; Tomcat ignores names that it does not know, this node does not.',
  },
  TRIBES_E_CHANNEL_OPTION_FLAGS: {
    message: 'the option flags of interceptors overlap: {conflicts}',
    cause: 'The attribute optionCheck is true, and two interceptors act on the same bits of the options.',
    remedy: 'Give each interceptor its own optionFlag, or set optionCheck="false" as Tomcat does.',
  },
  TRIBES_E_CHANNEL_INTERCEPTOR_ORDER: {
    message: 'EncryptInterceptor must be listed before TcpFailureDetector',
    cause:
      'The probes of a failure detector are not encrypted: an EncryptInterceptor below it would drop those of others. A Tomcat refuses to start, too.',
    remedy: 'List EncryptInterceptor before TcpFailureDetector, on all members.',
  },
  TRIBES_E_CHANNEL_UNCONFIRMED: {
    message: 'the message was not confirmed, since {member} did not take it',
    cause:
      'TwoPhaseCommitInterceptor confirms a message when all have taken it; without its confirmation nobody processes it.',
    remedy: 'Send the message again to those who are still members.',
  },
  TRIBES_E_CHANNEL_UNWRAP: {
    message: '{interceptor} cannot undo what an interceptor of the sender did to its message: {problem}',
    cause:
      'The sender has other interceptors than this node, in another order, or with other attributes; or it is not one of the cluster.',
    remedy: 'Give all members the same interceptors that change bytes, in the same order.',
  },
  TRIBES_E_CHANNEL_MESSAGE_SIZE: {
    message:
      '{interceptor}: a message is longer than {maxMessageBytes} bytes when it is put together or inflated',
    cause:
      'A member sends a whole state as one message, or somebody tries to exhaust the memory of this node.',
    remedy: 'Raise channel.maxMessageBytes, or have states sent in parts (sendAllSessions="false").',
  },
  TRIBES_E_CHANNEL_HELD: {
    message:
      '{interceptor} holds back {messages} messages or fragments of {member} with {bytes} bytes, {bytesOfAll} of all members: there is no room for {size} more',
    cause:
      'What a member sends stays incomplete: the rest of a fragmented message, or its confirmation, does not come; or a limit is too low.',
    remedy:
      'Look at the log of the member; raise channel.maxHeldMessages, maxHeldBytes or maxHeldBytesOfAll.',
  },
  TRIBES_E_CHANNEL_LISTENER: {
    message: 'this {kind} is registered already: {name}',
    cause: 'The same listener, or a handler for the same RPC id, was added a second time.',
    remedy: 'Add it once, or remove the first one before.',
  },
} as const satisfies ErrorEntries;
