import type { ErrorEntries } from './error-entry.js';

export const transportErrors = {
  TRIBES_E_FRAME_TOO_LARGE: {
    message: 'a frame of {length} bytes is more than {setting} allows, {limit}',
    cause: 'A Tomcat sends all sessions of a web application as one frame, or the bytes are no frame at all.',
    remedy:
      'Set sendAllSessions="false" on the Manager of the Tomcats, so that they send sessions in portions, or raise receiver.maxFrameBytes.',
  },
  TRIBES_E_FRAME_STALLED: {
    message: 'a frame stayed half received for {timeout} ms',
    cause:
      'The sender, or the network on the way, stopped in the middle of a message, or has nearly done so.',
    remedy: 'Look at the sender. If the network is that slow, raise receiver.halfFrameTimeoutMs.',
  },
  TRIBES_E_CONNECTION_IDLE: {
    message: 'a connection brought nothing within {timeout} ms',
    cause:
      'Whatever connected is no member of the cluster: members connect when they have something to send.',
    remedy: 'Look at who connects to this port. If the network is that slow, raise receiver.idleTimeoutMs.',
  },
  TRIBES_E_FRAME_OVERLOAD: {
    message: 'a frame was not complete {timeout} ms after receiver.maxBufferedBytes, {limit}, was exceeded',
    cause: 'More is received at a time than this node may hold, and this sender did not come to an end.',
    remedy:
      'Raise receiver.maxBufferedBytes, or set sendAllSessions="false" on the Manager of the Tomcats, so that they send sessions in portions.',
  },
  TRIBES_E_RECEIVER_BIND: {
    message:
      'cannot listen on {host}, TCP ports {first} to {last} (receiver.port, receiver.autoBind): {reason}',
    cause: 'Other programs use all of these ports, or this user may not use them.',
    remedy: 'Set receiver.port to a free port, or receiver.autoBind to a number of ports to try.',
  },
  TRIBES_E_RECEIVER_UDP_BIND: {
    message:
      'cannot listen on {host}, UDP ports {first} to {last} (receiver.udpPort, receiver.autoBind): {reason}',
    cause: 'Other programs use all of these ports, or this user may not use them.',
    remedy:
      'Set receiver.udpPort to a free port, or to -1 if no member sends by UDP, or receiver.autoBind to a number of ports to try.',
  },
  TRIBES_E_RECEIVER_ADDRESS: {
    message: 'receiver.address {address} is not an address of this host: {reason}',
    cause: 'The address belongs to another host, its interface is down, or the name is unknown.',
    remedy: 'Set receiver.address to an address of this host that the other members reach.',
  },
  TRIBES_E_RECEIVER_UNANNOUNCEABLE: {
    message: 'receiver.address {address} cannot be announced to other members',
    cause: 'It means any address of this host; the others need one that they can connect to.',
    remedy: 'Set receiver.address to an address of this host that the other members reach.',
  },
  TRIBES_E_SEND_ADDRESS: {
    message: 'cannot send to {destination}: it is not an IP address and a port',
    cause: 'The member announces no address that can be connected to.',
    remedy: 'Set the address attribute of the Receiver of that Tomcat.',
  },
  TRIBES_E_SEND_REFUSED: {
    message: 'cannot connect to {destination}: {reason}',
    cause: 'The member is gone, or a firewall stands between.',
    remedy:
      'Open the TCP port of its Receiver for this host, and check that it announces an address that can be reached.',
  },
  TRIBES_E_SEND_NO_UDP: {
    message: 'cannot send to {destination} by UDP: the member announces no UDP port',
    cause: 'The message has SEND_OPTIONS_UDP (32), and the Receiver of the member has no udpPort.',
    remedy: 'Set udpPort on the Receiver of all members, or send without option 32.',
  },
  TRIBES_E_SEND_TOO_LARGE: {
    message: 'a message of {length} bytes does not fit a datagram to {destination}, which carries {limit}',
    cause:
      'A message with SEND_OPTIONS_UDP (32) or SEND_OPTIONS_MULTICAST (64) is one datagram, with header and frame.',
    remedy:
      'Send large messages without these options, or put FragmentationInterceptor(maxSize=60000) into channel.interceptors, and the same into the Channel of the Tomcats.',
  },
  TRIBES_E_SEND_UNREACHABLE: {
    message: '{destination} takes no datagrams: {reason}',
    cause:
      'Nobody listens on the UDP port that the member announces. The member has gone, or it is a Tomcat whose receiver has met a datagram that it did not understand: it closes its UDP port then, for good.',
    remedy: 'Look whether the member is there; restart the Tomcat, or send without SEND_OPTIONS_UDP (32).',
  },
  TRIBES_E_SEND_CLOSED: {
    message: '{destination} closed the connection before it had taken the message: {reason}',
    cause: 'The member stopped, or restarted.',
    remedy: 'Look at the log of the member.',
  },
  TRIBES_E_SEND_TIMEOUT: {
    message: '{destination} did not {step} within {timeout} ms (sender.timeout)',
    cause: 'The member is frozen or slow, or the network drops packets.',
    remedy: 'Look at the load of the member; raise sender.timeout if it takes that long.',
  },
  TRIBES_E_SEND_FAIL_ACK: {
    message: '{destination} failed to process the message',
    cause: 'It answered with FAIL_ACK: a listener or an interceptor of the member threw an exception.',
    remedy: 'Look at the log of the member; compare its interceptors with those of this node.',
  },
  TRIBES_E_SEND_GARBAGE: {
    message: '{destination} answered with something that is no acknowledgement: {reason}',
    cause: 'What listens at the address is not a Receiver of Tomcat.',
    remedy: 'Check the address and port that the member announces.',
  },
  TRIBES_E_SEND_POOL: {
    message:
      'all {poolSize} connections to {destination} were busy for {maxWait} ms (sender.poolSize, sender.maxWait)',
    cause: 'More acknowledged messages are sent at a time than the member takes.',
    remedy: 'Look at the load of the member; raise sender.poolSize if it has room.',
  },
  TRIBES_E_SEND_QUEUE_FULL: {
    message:
      '{bytes} bytes wait to be sent to {destination}, and {length} more would exceed {limit} (sender.maxQueuedBytes)',
    cause: 'The member takes messages more slowly than they are sent, or not at all.',
    remedy: 'Look at the member; raise sender.maxQueuedBytes if it is only slow.',
  },
  TRIBES_E_SEND_STOPPED: {
    message: 'cannot send to {destination}: the sender is not running',
    cause: 'The node is stopping, or has not started.',
    remedy: 'Send while the channel is started.',
  },
} as const satisfies ErrorEntries;
