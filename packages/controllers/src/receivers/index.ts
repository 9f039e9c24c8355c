export * from './delivery.ts';
export * from './delivery-log.ts';
export { handleDelivery, type DeliveryAnswer, type DeliveryContext } from './handle-delivery.ts';
export * from './receiver-config-controller.ts';
export * from './receiver-secret.ts';
export { isSameSecret } from './signature.ts';
export type { Wake } from './wake.ts';
