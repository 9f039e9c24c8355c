export * from './availability/availability.ts';
export * from './availability/candidate.ts';
export * from './availability/holds.ts';
export * from './availability/policy.ts';
export * from './availability/soak.ts';
