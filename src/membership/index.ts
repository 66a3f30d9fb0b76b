export * from './member.js';
export * from './membership-service.js';
