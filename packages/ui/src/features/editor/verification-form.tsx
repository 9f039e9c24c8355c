import { TagsField } from '../../components/tags-field.tsx';
import type { KnownNames } from '../../manifest/complete.ts';
import type { Path } from '../../manifest/path.ts';
import { problemsAt } from '../../manifest/problems.ts';
import type { Manifest } from '../../manifest/use-manifest.ts';
import { ManifestField } from './manifest-field.tsx';

interface Template {
  name?: unknown;
  kind?: unknown;
}
interface Props {
  manifest: Manifest;
  names: KnownNames;
  /** `verification` as it is written. */
  written: unknown;
}

const PATH: Path = ['spec', 'verification'];
const SHARED = 'ClusterAnalysisTemplate';

/** By what a Stage verifies its Freight. */
export function VerificationForm({ manifest, names, written }: Props): React.ReactNode {
  const { analysisTemplates } = (written ?? {}) as { analysisTemplates?: unknown };
  const templates = Array.isArray(analysisTemplates) ? (analysisTemplates as Template[]) : [];
  const all = [
    ...(names.analysisTemplates ?? []).map((name) => ({ name, kind: undefined as string | undefined })),
    ...(names.clusterAnalysisTemplates ?? []).map((name) => ({ name, kind: SHARED as string | undefined })),
  ];
  const free = all.filter(
    ({ name, kind }) => !templates.some((each) => each.name === name && (each.kind === SHARED) === (kind !== undefined)),
  );
  const remove = (index: number): void =>
    manifest.edit(templates.length === 1 ? PATH : [...PATH, 'analysisTemplates', index], undefined);
  const add = (at: number): void => {
    const chosen = free[at];
    if (chosen !== undefined)
      manifest.edit([...PATH, 'analysisTemplates', templates.length], {
        name: chosen.name,
        ...(chosen.kind === undefined ? {} : { kind: chosen.kind }),
      });
  };
  return (
    <div className="form-section">
      <h3 className="section-title">
        Verification{' '}
        <span className="muted small-text">
          {templates.length === 0 ? 'none: freight counts as verified once it is healthy' : 'after every promotion'}
        </span>
      </h3>
      <TagsField
        label="Analysis templates"
        problems={problemsAt(manifest.problems, [...PATH, 'analysisTemplates'], false).map(({ message }) => message)}
        tags={templates.map((each, index) => ({
          key: `${String(each.kind)} ${String(each.name)}`,
          text: (
            <>
              {String(each.name)}
              {each.kind === SHARED ? <span className="muted">shared</span> : null}
            </>
          ),
          removal: `Do not verify by ${String(each.name)}`,
          remove: () => remove(index),
        }))}
        choices={free.map(({ name, kind }) => (kind === undefined ? name : `${name} (shared)`))}
        add={add}
        prompt={all.length === 0 ? 'There is no analysis template yet' : free.length === 0 ? 'All are chosen' : 'Add template'}
      />
      {templates.length === 0 ? null : (
        <>
          <ManifestField manifest={manifest} path={[...PATH, 'args']} label="Arguments" />
          <ManifestField manifest={manifest} path={[...PATH, 'analysisRunMetadata']} label="Labels and annotations of its runs" />
        </>
      )}
    </div>
  );
}
