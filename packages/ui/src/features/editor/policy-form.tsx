import { useState } from 'react';
import { Icon, IconButton } from '../../components/icon.tsx';
import { SchemaField } from '../../components/schema-form/schema-form.tsx';
import { labelOf } from '../../components/schema-form/words.ts';
import { problemsAt } from '../../manifest/problems.ts';
import { schemaAt } from '../../manifest/resolve.ts';
import { useItems } from '../../manifest/use-items.ts';
import type { Manifest } from '../../manifest/use-manifest.ts';
import { LabelSelector } from './label-selector.tsx';

interface Policy {
  stage?: unknown;
  stageSelector?: { name?: unknown; matchLabels?: unknown; matchExpressions?: unknown };
  autoPromotionEnabled?: unknown;
}

const LIST = ['spec', 'promotionPolicies'];

/** Which stages promote by themselves, in the order in which it is decided; then everything else that a project can be told. */
export function PolicyForm({ manifest, stages }: { manifest: Manifest; stages: readonly string[] }): React.ReactNode {
  const { spec = {} } = (manifest.object ?? {}) as { spec?: Record<string, unknown> | null };
  const record = spec ?? {};
  const policies = Array.isArray(record['promotionPolicies']) ? (record['promotionPolicies'] as Policy[]) : [];
  const { keys, remove, moveUp } = useItems(manifest, LIST, policies.length);
  const schema = manifest.schemas === undefined ? undefined : schemaAt(manifest.schemas, manifest.object, ['spec']);
  return (
    <>
      <div className="form-section">
        <h3 className="section-title">
          Promotion policies{' '}
          <span className="muted small-text">
            {policies.length === 0 ? 'none: a person promotes to every stage' : 'the first that matches decides'}
          </span>
          <span className="grow" />
          <button
            type="button"
            className="btn small"
            onClick={() =>
              manifest.edit([...LIST, policies.length], { stageSelector: { name: stages[0] ?? '' }, autoPromotionEnabled: true })
            }
          >
            <Icon name="plus" /> Add policy
          </button>
        </h3>
        {problemsAt(manifest.problems, LIST).map(({ message }) => (
          <p key={message} className="problem">
            {message}
          </p>
        ))}
        <datalist id="policy-stages">
          {stages.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <ol className="policies">
          {policies.map((policy, index) => (
            <PolicyRow
              key={keys[index]}
              manifest={manifest}
              policy={policy}
              index={index}
              moveUp={() => moveUp(index)}
              remove={() => remove(index)}
            />
          ))}
        </ol>
        {policies.length === 0 ? null : (
          <p className="hint">
            A name, or a pattern behind glob: or regex:, such as glob:prod-*. With labels, a stage has to fit both.
          </p>
        )}
      </div>
      {Object.entries(schema?.properties ?? {})
        .filter(([key]) => key !== 'promotionPolicies' && key !== 'webhookReceivers')
        .map(([key, each]) => (
          <div className="form-section" key={key}>
            <SchemaField manifest={manifest} schema={each} path={['spec', key]} value={record[key]} label={labelOf(key)} />
          </div>
        ))}
    </>
  );
}

function PolicyRow({
  manifest,
  policy,
  index,
  moveUp,
  remove,
}: {
  manifest: Manifest;
  policy: Policy;
  index: number;
  moveUp: () => void;
  remove: () => void;
}): React.ReactNode {
  const path = [...LIST, index];
  const selector = policy.stageSelector;
  const byLabels = selector?.matchLabels !== undefined || selector?.matchExpressions !== undefined;
  const [isOpen, setIsOpen] = useState(false);
  const name = typeof policy.stage === 'string' ? policy.stage : typeof selector?.name === 'string' ? selector.name : '';
  const problems = problemsAt(manifest.problems, path, false).map(({ message }) => message);
  const rename = (next: string): void => {
    if (policy.stage !== undefined) manifest.edit([...path, 'stage'], next);
    // Without a name, the labels alone decide.
    else manifest.edit([...path, 'stageSelector', 'name'], next === '' && byLabels ? undefined : next);
  };
  const openLabels = (): void => {
    setIsOpen(!isOpen);
    if (isOpen) return;
    if (policy.stage === undefined) {
      if (name === '' && selector !== undefined) manifest.edit([...path, 'stageSelector', 'name'], undefined);
      return;
    }
    // The older form has no labels.
    const { stage, ...rest } = policy;
    manifest.edit(path, { stageSelector: { name: stage }, ...rest });
  };
  return (
    <li>
      <span className="muted small-text">{index + 1}</span>
      <input
        aria-label={`Stages of policy ${index + 1}`}
        list="policy-stages"
        placeholder={byLabels ? 'any name' : 'stage, glob:prod-* or regex:…'}
        value={name}
        spellCheck={false}
        autoComplete="off"
        onChange={({ target }) => rename(target.value)}
      />
      <select
        aria-label={`What policy ${index + 1} says`}
        value={policy.autoPromotionEnabled === true ? 'auto' : 'manual'}
        onChange={({ target }) => manifest.edit([...path, 'autoPromotionEnabled'], target.value === 'auto')}
      >
        <option value="auto">promotes by itself</option>
        <option value="manual">waits for a person</option>
      </select>
      <span>
        <IconButton
          name="tag"
          label={`Labels of policy ${index + 1}`}
          aria-expanded={byLabels || isOpen}
          disabled={byLabels}
          onClick={openLabels}
        />
        {index > 0 ? <IconButton name="up" label={`Move policy ${index + 1} up`} onClick={moveUp} /> : null}
        <IconButton name="close" label={`Remove policy ${index + 1}`} onClick={remove} />
      </span>
      {byLabels || isOpen ? (
        <LabelSelector manifest={manifest} path={[...path, 'stageSelector']} selector={selector} label={`policy ${index + 1}`} />
      ) : null}
      {problems.length === 0 ? null : <p className="problem">{problems.join(' ')}</p>}
    </li>
  );
}
