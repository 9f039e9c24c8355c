/** Applications that belong to a Stage by their labels, whenever they were made. */
import { annotations, Application, isStageAuthorized, keyOf } from '@kargo/api';
import { labelSelectorFrom, type LabelSelectorObject } from '@kargo/gocompat';
import { desiredRevisions, sourcesOf } from '../steps/argocd-update/sources.ts';
import type { ApplicationCheck } from './application.ts';
import type { HealthCheckPorts } from './checks.ts';

/** What the health check of `argocd-update` records where it was told labels instead of names. */
export interface SelectedCheck {
  namespace: string;
  selector: LabelSelectorObject;
  /** What is desired of the sources of every Application that is selected. */
  sources?: readonly { repoURL: string; chart?: string | undefined; desiredRevision: string }[] | undefined;
}

/**
 * The Applications that are selected now and admit the Stage, without those that `named` has already. One that came after the promotion
 * counts as well. What cannot be found out is told as a problem.
 */
export async function selectedApplications(
  config: unknown,
  named: readonly ApplicationCheck[],
  { client, about, signal }: Pick<HealthCheckPorts, 'client' | 'about' | 'signal'>,
): Promise<{ found: ApplicationCheck[]; problems: string[] }> {
  const selected = (config as { selected?: SelectedCheck[] } | undefined)?.selected;
  if (!Array.isArray(selected) || about === undefined) return { found: [], problems: [] };
  const known = new Set(named.map(({ namespace, name }) => `${namespace}/${name}`));
  const found: ApplicationCheck[] = [];
  const problems: string[] = [];
  for (const { namespace, selector, sources = [] } of selected) {
    const labelSelector = labelSelectorFrom(selector).toString();
    try {
      const { items } = await client.list(Application, {
        namespace,
        labelSelector,
        ...(signal === undefined ? {} : { signal }),
      });
      for (const app of items) {
        const { name } = keyOf(app);
        if (!isStageAuthorized(app.metadata.annotations?.[annotations.authorizedStage], about)) continue;
        if (known.has(`${namespace}/${name}`)) continue;
        known.add(`${namespace}/${name}`);
        found.push({ name, namespace, desiredRevisions: desiredRevisions(sourcesOf(app), sources) });
      }
    } catch (error) {
      problems.push(
        `Argo CD Applications with the labels ${labelSelector} in namespace "${namespace}" could not be listed: ${String(error)}`,
      );
    }
  }
  return { found, problems };
}
