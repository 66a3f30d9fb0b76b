/**
 * Compares two JSON views of one Java value, resolving `{"@ref": pointer}` on both sides, so that it does not matter which
 * of the places of a shared object comes first. `{"@set": […]}` and `{"@pairs": […]}` (from the dump servlet) are
 * arrays whose order says nothing. Other keys that begin with "@", except "@class" and "@value", are explanations and not compared.
 *
 * @returns the first difference as "pointer: left, right", or undefined
 */
export function viewDifference(left: unknown, right: unknown): string | undefined {
  return new ViewComparison(left, right).difference(left, right, '#');
}

type View = Readonly<Record<string, unknown>>;

class ViewComparison {
  readonly #left: unknown;
  readonly #right: unknown;
  /** Each object of the left that was met, and the object of the right that stood in its place. */
  readonly #partners = new Map<object, object>();

  constructor(left: unknown, right: unknown) {
    this.#left = left;
    this.#right = right;
  }

  difference(leftView: unknown, rightView: unknown, place: string): string | undefined {
    const left = resolve(this.#left, leftView);
    const right = resolve(this.#right, rightView);
    if (!isObject(left) || !isObject(right)) {
      return Object.is(left, right) || left === right ? undefined : told(place, left, right);
    }
    const partner = this.#partners.get(left);
    if (partner !== undefined) {
      return partner === right ? undefined : `${place}: shared differently`;
    }
    this.#partners.set(left, right);
    const leftElements = unordered(left);
    const rightElements = unordered(right);
    if (leftElements !== undefined || rightElements !== undefined) {
      return this.#elements(sorted(leftElements ?? left), sorted(rightElements ?? right), place);
    }
    if (Array.isArray(left) || Array.isArray(right)) {
      return this.#elements(left, right, place);
    }
    return this.#fields(left as View, right as View, place);
  }

  #elements(left: unknown, right: unknown, place: string): string | undefined {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) {
      return told(place, left, right);
    }
    for (const [index, element] of left.entries()) {
      const difference = this.difference(element, right[index], `${place}/${index}`);
      if (difference !== undefined) {
        return difference;
      }
    }
    return undefined;
  }

  #fields(left: View, right: View, place: string): string | undefined {
    const names = comparedKeys(left);
    const others = comparedKeys(right);
    if (names.length !== others.length || names.some((name, index) => name !== others[index])) {
      return told(`${place} keys`, names, others);
    }
    for (const name of names) {
      const difference = this.difference(left[name], right[name], `${place}/${escape(name)}`);
      if (difference !== undefined) {
        return difference;
      }
    }
    return undefined;
  }
}

function isObject(view: unknown): view is object {
  return typeof view === 'object' && view !== null;
}

function comparedKeys(view: View): string[] {
  return Object.keys(view)
    .filter((key) => !key.startsWith('@') || key === '@class' || key === '@value')
    .sort();
}

function unordered(view: object): unknown {
  return '@set' in view ? view['@set'] : '@pairs' in view ? view['@pairs'] : undefined;
}

function sorted(elements: unknown): unknown {
  return Array.isArray(elements) ? [...(elements as unknown[])].sort(byText) : elements;
}

function byText(left: unknown, right: unknown): number {
  const [leftText, rightText] = [JSON.stringify(left), JSON.stringify(right)];
  return leftText < rightText ? -1 : leftText > rightText ? 1 : 0;
}

function escape(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** What a reference leads to; a view that is none is itself. */
function resolve(root: unknown, view: unknown): unknown {
  if (!isObject(view) || !('@ref' in view)) {
    return view;
  }
  const pointer = String(view['@ref']);
  const steps = pointer.split('/').slice(1);
  return steps.reduce((place, step) => {
    const target = isObject(place) ? (unordered(place) ?? place) : place;
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!isObject(target) || !Object.hasOwn(target, key)) {
      throw new Error(`the reference ${pointer} leads nowhere`);
    }
    return (target as View)[key];
  }, root);
}

function told(place: string, left: unknown, right: unknown): string {
  return `${place}: ${shortened(left)}, ${shortened(right)}`;
}

/** A value as JSON, cut where it gets long. */
export function shortened(value: unknown): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}… (${text.length} characters)` : text;
}
