/** The resource model: kinds, metadata, schemas, errors and names. */
export * from './api-error.ts';
export * from './kind.ts';
export * from './meta.ts';
export * from './names.ts';
export * from './schema/schema.ts';
export * from './kinds/analysis.ts';
export * from './kinds/application.ts';
export * from './kinds/core.ts';
export * from './kinds/freight.ts';
export * from './kinds/index.ts';
export * from './kinds/patterns.ts';
export * from './kinds/project.ts';
export * from './kinds/promotion.ts';
export * from './kinds/shared.ts';
export * from './kinds/stage.ts';
export * from './kinds/warehouse.ts';
