/** Where the value of a setting came from, in the order of precedence: the first wins. */
export type OriginKind = 'program' | 'flag' | 'environment' | 'file' | 'server.xml' | 'default';

export interface Origin {
  readonly kind: OriginKind;
  /** For people: `--receiver.port`, `TRIBES_RECEIVER_PORT`, `tribes.yaml:4`, `server.xml:14 <Membership port>`, `set by the program`, `default`. */
  readonly place: string;
}

/** A setting as somebody wrote it. */
export interface SettingText {
  readonly name: string;
  readonly text: string;
  readonly origin: Origin;
}

export const DEFAULT_ORIGIN: Origin = { kind: 'default', place: 'default' };
