import { Namespace, resourceName, type Kind, type KubeObject, type Webhook } from '@kargo/api';
import { labelSelectorFrom, type LabelSelectorObject } from '@kargo/gocompat';
import type { AdmissionRequest } from '@kargo/kube';
import { NAMESPACES } from '../registry/namespaces.ts';
import type { Store } from '../store/store.ts';

/** What decides whether a webhook is asked. */
export type MatchedRequest = Pick<AdmissionRequest, 'operation' | 'kind' | 'subresource' | 'object' | 'old'>;

/**
 * The version of a kind in which a webhook wants to be asked about a write, or undefined when it does not. `versions` are those in which
 * the kind is served, the stored one first.
 */
export function versionAsked(
  webhook: Webhook,
  request: MatchedRequest,
  versions: readonly Kind[],
  store: Store,
): Kind | undefined {
  const { kind } = request;
  const candidates =
    webhook.matchPolicy === 'Exact' ? [kind] : [kind, ...versions.filter(({ version }) => version !== kind.version)];
  const version = candidates.find((candidate) => (webhook.rules ?? []).some((rule) => ruleMatches(rule, request, candidate)));
  if (version === undefined || !namespaceMatches(webhook, request, store)) return undefined;
  const selector = labelSelectorFrom((webhook.objectSelector ?? {}) as LabelSelectorObject);
  const objects = request.operation === 'DELETE' ? [request.object] : [request.object, request.old];
  return objects.some((object) => object !== undefined && selector.matches(object.metadata.labels)) ? version : undefined;
}

type Rule = NonNullable<Webhook['rules']>[number];

function ruleMatches(rule: Rule, { operation, subresource }: MatchedRequest, kind: Kind): boolean {
  const has = (list: readonly string[], value: string): boolean => list.includes('*') || list.includes(value);
  const resources =
    subresource === undefined
      ? [kind.plural, '*', '*/*']
      : [`${kind.plural}/${subresource}`, `${kind.plural}/*`, `*/${subresource}`, '*/*'];
  return (
    has(rule.operations, operation) &&
    has(rule.apiGroups, kind.group) &&
    has(rule.apiVersions, kind.version) &&
    rule.resources.some((resource) => resources.includes(resource)) &&
    [undefined, '*', kind.scope].includes(rule.scope)
  );
}

/** Objects outside of namespaces match, except namespaces, which are chosen by their own labels. */
function namespaceMatches({ namespaceSelector }: Webhook, { kind, object }: MatchedRequest, store: Store): boolean {
  const selector = labelSelectorFrom((namespaceSelector ?? {}) as LabelSelectorObject);
  if (resourceName(kind) === resourceName(Namespace)) return selector.matches(object.metadata.labels);
  if (kind.scope === 'Cluster') return true;
  const namespace: KubeObject | undefined = store.get(NAMESPACES, { name: object.metadata.namespace ?? '' });
  return selector.matches(namespace?.metadata.labels);
}
