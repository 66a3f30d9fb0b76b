import type { ErrorEntries } from './error-entry.js';

export const membershipErrors = {
  TRIBES_E_MEMBERSHIP_BIND: {
    message: 'membership.bind {bind} is not the address of an interface of this host, which has {addresses}',
    cause: 'The address belongs to another host, or the interface is down.',
    remedy:
      'Set membership.bind to an address of the interface that leads to the other members, as in the bind attribute of their Membership element, or leave it out for the default multicast interface.',
  },
  TRIBES_E_MEMBERSHIP_ADDRESS: {
    message: 'cannot join the multicast group {address} of membership.address on {interface}: {reason}',
    cause:
      'The address is not one of a multicast group, or the interface or the container network has no multicast.',
    remedy:
      'Set membership.address to the address attribute of the Membership element of the Tomcats (228.0.0.4 by default), and membership.bind to an address of an interface that has multicast.',
  },
  TRIBES_E_MEMBERSHIP_SEND: {
    message: 'cannot send to the multicast group {address}, port {port}, on {interface}: {reason}',
    cause: 'The interface has no route for multicast, or a firewall forbids it.',
    remedy:
      'Set membership.bind to an address of an interface that has multicast, and allow UDP to the group and port.',
  },
  TRIBES_E_MEMBERSHIP_PORT: {
    message: 'cannot bind UDP port {port} of membership.port: {reason}',
    cause: 'A program that does not share the port uses it, or this user may not use it.',
    remedy:
      'Set membership.port to the port attribute of the Membership element of the Tomcats (45564 by default), and end the other program if that port is in use.',
  },
  TRIBES_E_MEMBERSHIP_DOMAIN: {
    message: 'membership.domain {domain} is not a list of bytes from -128 to 127: {item}',
    cause: 'A domain that begins with a brace is read as a list of bytes, as Tomcat reads it.',
    remedy: 'Write the domain as text, or as a list such as {1,2,-4}.',
  },
  TRIBES_E_MEMBERSHIP_SILENT: {
    message: 'nothing can be sent to the multicast group: this node only listens to it',
    cause:
      'A message with SEND_OPTIONS_MULTICAST (64) was sent before the node had announced itself, or after its farewell.',
    remedy: 'Send while the channel is started.',
  },
  TRIBES_E_MEMBERSHIP_PAYLOAD: {
    message: 'a heartbeat of {length} bytes does not fit a datagram of at most {limit}',
    cause: 'Domain and payload of the local member travel in every heartbeat.',
    remedy: 'Shorten the payload or the domain of the membership.',
  },
  TRIBES_E_MEMBERSHIP_UNANNOUNCED: {
    message: 'the membership cannot announce {host} port {port}',
    cause: 'Heartbeats tell the others where to connect to; this is no address that can be connected to.',
    remedy: 'Start the receiver first, and set receiver.address to an address that the other members reach.',
  },
  TRIBES_E_MEMBERSHIP_TWO_IDS: {
    message: 'this node is {known} by {found}, and {uniqueId} by {source}',
    cause: 'A member has one id, and the memberships of this node give it two.',
    remedy:
      'Leave the uniqueId out of the entry of this node in the static list, or use one of the memberships alone.',
  },
  TRIBES_E_MEMBERSHIP_TWIN: {
    message: 'this node cannot be {host} port {port} of {place}: {why}',
    cause:
      'Members that are found by DNS or by Kubernetes have one port in common and are told apart by address or pod alone: with a Tomcat at the same address, each would take the other for itself.',
    remedy:
      'Run the node at an address of its own: in Kubernetes in a pod of its own, with matching labels, without hostNetwork, and with receiver.port as the Tomcats have it. See docs/kubernetes.md.',
  },
  TRIBES_E_MEMBERSHIP_KUBERNETES: {
    message: 'the API server of Kubernetes cannot be asked for pods: {problem}',
    cause:
      'The environment does not say where it is, the network does not lead there, or the service account has no right to list pods.',
    remedy:
      'Give the service account of the pod a Role that may list pods, and see KUBERNETES_SERVICE_HOST, KUBERNETES_NAMESPACE, KUBERNETES_LABELS and the token file. See docs/kubernetes.md.',
  },
  TRIBES_E_MEMBERSHIP_STATIC: {
    message: 'the static member {entry} is not understood: {problem}',
    cause:
      'A static member is host:port, with attributes behind semicolons, or behind a question mark as in a URL.',
    remedy:
      'Write 10.0.0.5:4000;uniqueId={0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15};domain=staging, as the Member elements of the Tomcats say.',
  },
  TRIBES_E_MEMBER_ADDRESS: {
    message: 'a member announces {host} port {port}, which cannot be connected to',
    cause:
      'The Receiver of that Tomcat has an address such as 0.0.0.0, or the heartbeat was not made by a Tomcat.',
    remedy: 'Set the address attribute of the Receiver of that Tomcat to an address that the others reach.',
  },
} as const satisfies ErrorEntries;
