import {
  apiVersionOf,
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
  type KubeObject,
  type Webhook,
} from '@kargo/api';
import { admissionRules, type AdmissionDeps } from '@kargo/controllers';
import type { AdmissionRules } from '@kargo/kube';
import { MUTATE_PATH, MUTATING_CONFIGURATION, VALIDATE_PATH, VALIDATING_CONFIGURATION, WEBHOOK_SERVICE } from './names.ts';

/** How long the API server waits for an answer, in seconds. */
const TIMEOUT_SECONDS = 10;

/**
 * The configurations that have the API server of a cluster ask the webhooks in `namespace` about every write that a rule is about. Whom
 * to trust is filled in by the webhooks themselves. A write that nobody answers about is refused: what was not checked is not stored.
 */
export function webhookConfigurations(namespace: string): KubeObject[] {
  // Kinds of other products are theirs: that Kargo is down must not keep them from being written.
  const rules = admissionRules(NEVER_ASKED).filter(({ kind }) => kind.group !== 'argoproj.io');
  const mutating = rules.filter(({ mutate }) => mutate !== undefined);
  const validating = rules.filter((each) => [each.validate, each.warnings, each.after].some((part) => part !== undefined));
  const changes = ({ operations }: AdmissionRules): string[] => operations.filter((operation) => operation !== 'DELETE');
  return [
    {
      apiVersion: apiVersionOf(MutatingWebhookConfiguration),
      kind: MutatingWebhookConfiguration.kind,
      metadata: { name: MUTATING_CONFIGURATION },
      webhooks: mutating.map((each) => ({
        ...webhook(each, changes(each), namespace, MUTATE_PATH),
        sideEffects: 'None',
        reinvocationPolicy: 'IfNeeded',
      })),
    } as KubeObject,
    {
      apiVersion: apiVersionOf(ValidatingWebhookConfiguration),
      kind: ValidatingWebhookConfiguration.kind,
      metadata: { name: VALIDATING_CONFIGURATION },
      webhooks: validating.map((each) => ({
        ...webhook(each, [...each.operations], namespace, VALIDATE_PATH),
        sideEffects: each.after === undefined ? 'None' : 'NoneOnDryRun',
      })),
    } as KubeObject,
  ];
}

function webhook(
  { kind, status }: AdmissionRules,
  operations: string[],
  namespace: string,
  path: string,
): Omit<Webhook, 'sideEffects'> {
  const resources = status === true ? [kind.plural, `${kind.plural}/status`] : [kind.plural];
  return {
    name: `${kind.plural}.${kind.group}`,
    admissionReviewVersions: ['v1'],
    clientConfig: { service: { namespace, name: WEBHOOK_SERVICE, path, port: 443 } },
    rules: [{ apiGroups: [kind.group], apiVersions: [kind.version], operations, resources, scope: '*' }],
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    timeoutSeconds: TIMEOUT_SECONDS,
  };
}

/** Rules are only looked at here, never asked. */
const NEVER_ASKED = new Proxy({} as AdmissionDeps, {
  get: (_, name) => {
    if (name === 'steps') return new Set();
    return () => {
      throw new Error(`programmer error: admission rules that are only listed were asked (${String(name)})`);
    };
  },
});
