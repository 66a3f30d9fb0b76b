export type { MemberPackage } from './member-package.js';
