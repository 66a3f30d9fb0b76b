import { TribesError } from '../base/index.js';

/** The query parameters of a request, decoded. */
export function parametersOf({ url }: { readonly url: string }): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
}

/** The query of a request, strictly: every parameter known and given once, every value as expected. */
export class Query {
  readonly #parameters: URLSearchParams;

  /** `known`: what this path takes; `token` is known everywhere. Error: TRIBES_E_API_QUERY. */
  constructor(parameters: URLSearchParams, known: readonly string[]) {
    this.#parameters = parameters;
    for (const name of new Set(parameters.keys())) {
      if (name !== 'token' && !known.includes(name)) {
        throw queryError(
          name,
          known.length === 0
            ? 'is unknown; there are none here'
            : `is unknown; there are ${known.join(', ')}`,
        );
      }
      if (parameters.getAll(name).length > 1) {
        throw queryError(name, 'is given twice');
      }
    }
  }

  text(name: string): string | undefined {
    return this.#parameters.get(name) ?? undefined;
  }

  /** Error: TRIBES_E_API_QUERY. */
  wholeNumber(name: string, min: number, max: number, defaultValue: number): number {
    const text = this.text(name);
    if (text === undefined) {
      return defaultValue;
    }
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (!(value >= min && value <= max)) {
      throw queryError(name, `must be a whole number from ${min} to ${max}`);
    }
    return value;
  }

  /** Error: TRIBES_E_API_QUERY. */
  oneOf<const T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name);
    const choice = choices.find((candidate) => candidate === text);
    if (text !== undefined && choice === undefined) {
      throw queryError(name, `must be one of ${choices.join(', ')}`);
    }
    return choice;
  }
}

function queryError(name: string, problem: string): TribesError {
  return new TribesError('TRIBES_E_API_QUERY', { name, problem });
}
