import type { OpaqueReason } from './model.js';

/** Raised where a stream cannot be understood without a class. */
export class Opacity extends Error {
  readonly reason: OpaqueReason;
  readonly className: string;

  constructor(reason: OpaqueReason, className: string) {
    super(`${reason}: ${className}`);
    this.reason = reason;
    this.className = className;
  }
}
