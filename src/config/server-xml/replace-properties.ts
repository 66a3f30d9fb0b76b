/** How often what was put in is searched in its turn, as in Tomcat: properties may name each other in a circle. */
const MAX_ROUNDS = 20;

/** Length of a value at most: properties that name others twice grow. */
const MAX_LENGTH = 65_536;

/**
 * Puts properties into the value of an attribute, as Tomcat's digester does (`IntrospectionUtils.replaceProperties`): `${name}`, and
 * `${name:-default}` where there may be none. A property that is not there, and anything else with a `$`, stays as it is.
 *
 * @param missing told the name of each property that is not there.
 */
export function replaceProperties(
  value: string,
  property: (name: string) => string | undefined,
  missing: (name: string) => void = () => undefined,
): string {
  let text = value;
  for (let round = 0; round < MAX_ROUNDS && text.length <= MAX_LENGTH; round++) {
    const next = text.replace(/\$\{([^}]*)\}/g, (whole, inner: string) => {
      const at = inner.indexOf(':-');
      const found =
        property(inner) ?? (at < 0 ? undefined : (property(inner.slice(0, at)) ?? inner.slice(at + 2)));
      return found ?? whole;
    });
    if (next === text) {
      break;
    }
    text = next;
  }
  for (const [, name = ''] of text.matchAll(/\$\{([^}]*)\}/g)) {
    missing(name);
  }
  return text;
}
