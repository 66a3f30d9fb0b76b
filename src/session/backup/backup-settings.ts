import type { MapPart } from '../../channel/index.js';

/** How the node takes part in the maps in which BackupManagers keep their sessions. */
export interface BackupSettings {
  /** `member`: in full. `proxy`: it is never chosen as a backup, and looks only. `off`: not at all. */
  readonly part: MapPart | 'off';
  /** Milliseconds between two looks at the keys of a map, with `proxy`. */
  readonly poll: number;
  /** Milliseconds between two looks at a session that is elsewhere; 0: only when somebody asks for it. */
  readonly follow: number;
  /** Whether sessions are carried between Tomcats that cannot read each other's messages. */
  readonly bridge: boolean;
  /** `mapSendOptions` of a BackupManager. */
  readonly mapSendOptions: number;
  /** `rpcTimeout` of a BackupManager, milliseconds. */
  readonly rpcTimeout: number;
  /** `accessTimeout` of a BackupManager, milliseconds. */
  readonly accessTimeout: number;
}

export const defaultBackupSettings: BackupSettings = {
  part: 'member',
  poll: 10_000,
  follow: 0,
  bridge: true,
  mapSendOptions: 6,
  rpcTimeout: 15_000,
  accessTimeout: 5_000,
};
