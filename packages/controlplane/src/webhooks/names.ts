/** Names of what belongs to the admission webhooks of an installation. */
export const MUTATING_CONFIGURATION = 'kargo';
export const VALIDATING_CONFIGURATION = 'kargo';
/** The Service that the API server of the cluster reaches the webhooks through. */
export const WEBHOOK_SERVICE = 'kargo-webhooks';
/** The Secret with the certificates, in the namespace of the installation. */
export const WEBHOOK_SECRET = 'kargo-webhooks-tls';
export const MUTATE_PATH = '/mutate';
export const VALIDATE_PATH = '/validate';
