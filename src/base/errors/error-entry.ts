/** One row of the error table. `message` may hold `{placeholders}`, filled from the parameters of the error. */
export interface ErrorEntry {
  readonly message: string;
  /** Why this happens, in general. */
  readonly cause: string;
  /** What the user can do. */
  readonly remedy: string;
}

export type ErrorEntries = Readonly<Record<`TRIBES_E_${string}`, ErrorEntry>>;
