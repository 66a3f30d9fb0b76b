import type { Clock, JavaLimits, ViewLimits } from '../base/index.js';
import type { JavaClasses } from '../java/index.js';
import type { SessionMirror, SessionWriter } from '../session/index.js';

/** What sessions are read with, and written. */
export interface Access {
  readonly mirror: SessionMirror;
  /** Null where nothing may be written. */
  readonly writer: SessionWriter | null;
  readonly classes: JavaClasses;
  readonly clock: Clock;
  readonly javaLimits: JavaLimits;
  readonly viewLimits: ViewLimits;
}
