/**
 * Classes of the JDK that only hold values, as their names stand in streams. What they do when they are read
 * (`readObject`, `readResolve`) is to fill themselves: no other class is called than those of what they hold, by
 * `hashCode`, `equals` and `compareTo`. Comparators, class objects and proxies are not among them, nor what takes more
 * memory or time than its stream is long (`Collections$CopiesList`).
 */
export const VALUE_CLASSES: readonly string[] = [
  'java.lang.Boolean',
  'java.lang.Byte',
  'java.lang.Character',
  'java.lang.Double',
  'java.lang.Enum',
  'java.lang.Float',
  'java.lang.Integer',
  'java.lang.Long',
  'java.lang.Number',
  'java.lang.Object',
  'java.lang.Short',
  'java.lang.String',
  'java.math.BigDecimal',
  'java.math.BigInteger',
  'java.time.DayOfWeek',
  'java.time.Month',
  'java.time.Ser',
  'java.util.AbstractMap$SimpleEntry',
  'java.util.AbstractMap$SimpleImmutableEntry',
  'java.util.ArrayDeque',
  'java.util.ArrayList',
  'java.util.Arrays$ArrayList',
  'java.util.BitSet',
  'java.util.CollSer',
  'java.util.Collections$EmptyList',
  'java.util.Collections$EmptyMap',
  'java.util.Collections$EmptySet',
  'java.util.Collections$SingletonList',
  'java.util.Collections$SingletonMap',
  'java.util.Collections$SingletonSet',
  'java.util.Collections$SynchronizedCollection',
  'java.util.Collections$SynchronizedList',
  'java.util.Collections$SynchronizedMap',
  'java.util.Collections$SynchronizedSet',
  'java.util.Collections$SynchronizedSortedMap',
  'java.util.Collections$SynchronizedSortedSet',
  'java.util.Collections$UnmodifiableCollection',
  'java.util.Collections$UnmodifiableList',
  'java.util.Collections$UnmodifiableMap',
  'java.util.Collections$UnmodifiableNavigableMap',
  'java.util.Collections$UnmodifiableNavigableSet',
  'java.util.Collections$UnmodifiableSet',
  'java.util.Collections$UnmodifiableSortedMap',
  'java.util.Collections$UnmodifiableSortedSet',
  'java.util.Date',
  'java.util.HashMap',
  'java.util.HashSet',
  'java.util.Hashtable',
  'java.util.LinkedHashMap',
  'java.util.LinkedHashSet',
  'java.util.LinkedList',
  'java.util.PriorityQueue',
  'java.util.Properties',
  'java.util.Stack',
  'java.util.TreeMap',
  'java.util.TreeSet',
  'java.util.UUID',
  'java.util.Vector',
];

/** Which classes may stand in what is written. */
export class ClassRules {
  readonly #names: ReadonlySet<string>;
  readonly #prefixes: readonly string[];

  /**
   * @param rules class names as streams have them (`com.example.Cart$Item`), all classes of one package
   * (`com.example.*`, not of those within), or `default` for `VALUE_CLASSES`.
   */
  constructor(rules: readonly string[]) {
    const names = rules.filter((rule) => !rule.endsWith('.*') && rule !== 'default');
    this.#names = new Set([...names, ...(rules.includes('default') ? VALUE_CLASSES : [])]);
    this.#prefixes = rules.filter((rule) => rule.endsWith('.*')).map((rule) => rule.slice(0, -1));
  }

  /** Of an array class, whatever its dimensions, its element class counts; primitives are allowed always. */
  allows(className: string): boolean {
    const element = elementClassOf(className);
    return (
      element === null ||
      this.#names.has(element) ||
      this.#prefixes.some(
        (prefix) => element.lastIndexOf('.') + 1 === prefix.length && element.startsWith(prefix),
      )
    );
  }
}

/** The class itself, or of the cells of an array; null for cells of primitives. */
function elementClassOf(className: string): string | null {
  const dimensions = /^\[*/.exec(className)?.[0].length ?? 0;
  if (dimensions === 0) {
    return className;
  }
  const element = className.slice(dimensions);
  if (/^[BCDFIJSZ]$/.test(element)) {
    return null;
  }
  return element.startsWith('L') && element.endsWith(';') ? element.slice(1, -1) : className;
}
