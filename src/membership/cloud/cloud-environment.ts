/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The first variable that is set; an empty one is not. */
export function firstOf(environment: Environment, ...names: readonly string[]): string | undefined {
  return names.map((name) => environment[name]).find((value) => value !== undefined && value !== '');
}

/** `CloudMembershipProvider.getNamespace`. */
export function cloudNamespace(environment: Environment): string {
  return firstOf(environment, 'OPENSHIFT_KUBE_PING_NAMESPACE', 'KUBERNETES_NAMESPACE') ?? 'tomcat';
}
