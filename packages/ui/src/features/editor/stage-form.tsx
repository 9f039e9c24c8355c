import { Field } from '../../components/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { ChoiceControl, TextControl } from '../../components/schema-form/scalar-controls.tsx';
import { SchemaField } from '../../components/schema-form/schema-form.tsx';
import type { KnownNames } from '../../manifest/complete.ts';
import { problemsAt } from '../../manifest/problems.ts';
import { valueAt, type Path } from '../../manifest/path.ts';
import { schemaAt } from '../../manifest/resolve.ts';
import type { Manifest } from '../../manifest/use-manifest.ts';
import { NameField } from './name-field.tsx';
import { StepsEditor } from './steps-editor.tsx';
import type { Picked } from './step-picker.tsx';

interface Sources {
  direct?: unknown;
  stages?: unknown;
  requiredSoakTime?: unknown;
  availabilityStrategy?: unknown;
  autoPromotionOptions?: { selectionPolicy?: unknown };
}
interface StageLike {
  metadata?: { name?: unknown; annotations?: Record<string, unknown> };
  spec?: {
    requestedFreight?: { origin?: { name?: unknown }; sources?: Sources }[];
    verification?: { analysisTemplates?: { name?: unknown; kind?: unknown }[] };
  };
}

const COLOR = 'kargo.akuity.io/color';
const COLORS = [
  'red',
  'orange',
  'amber',
  'yellow',
  'lime',
  'green',
  'emerald',
  'teal',
  'cyan',
  'sky',
  'blue',
  'indigo',
  'violet',
  'purple',
  'fuchsia',
  'pink',
  'rose',
  'gray',
];

interface Props {
  manifest: Manifest;
  names: KnownNames;
  /** The name is that of what exists already. */
  isNew: boolean;
}

/** Everything that a Stage can be told, as a form. */
export function StageForm({ manifest, names, isNew }: Props): React.ReactNode {
  const stage = (manifest.object ?? {}) as StageLike;
  const tasks: Picked[] = [
    ...(names.promotionTasks ?? []).map((name) => ({ kind: 'PromotionTask' as const, name })),
    ...(names.clusterPromotionTasks ?? []).map((name) => ({ kind: 'ClusterPromotionTask' as const, name })),
  ];
  return (
    <>
      <div className="form-section columns">
        <NameField manifest={manifest} isNew={isNew} value={stage.metadata?.name} />
        <Field label="Colour" hint="A swatch beside its name.">
          {(control) => (
            <ChoiceControl
              {...control}
              choices={COLORS}
              value={stage.metadata?.annotations?.[COLOR]}
              set={(value) => manifest.edit(['metadata', 'annotations', COLOR], value)}
            />
          )}
        </Field>
        <SpecField manifest={manifest} path={['shard']} label="Shard" />
      </div>
      <RequestedFreight manifest={manifest} names={names} stage={stage} />
      <div className="form-section">
        <SpecField manifest={manifest} path={['vars']} label="Variables" />
        <SpecField manifest={manifest} path={['promotionTemplate', 'spec', 'vars']} label="Variables of promotions alone" />
      </div>
      <div className="form-section">
        <StepsEditor manifest={manifest} path={['spec', 'promotionTemplate', 'spec', 'steps']} tasks={tasks} />
      </div>
      <Verification manifest={manifest} names={names} stage={stage} />
    </>
  );
}

/** A field of the specification by its schema. */
function SpecField({ manifest, path, label }: { manifest: Manifest; path: Path; label: string }): React.ReactNode {
  const full = ['spec', ...path];
  const schema = manifest.schemas === undefined ? undefined : schemaAt(manifest.schemas, manifest.object, full);
  const value = valueAt(manifest.object, full);
  return schema === undefined ? null : (
    <SchemaField manifest={manifest} schema={schema} path={full} value={value} label={label} />
  );
}

function RequestedFreight({
  manifest,
  names,
  stage,
}: {
  manifest: Manifest;
  names: KnownNames;
  stage: StageLike;
}): React.ReactNode {
  const requests = Array.isArray(stage.spec?.requestedFreight) ? stage.spec.requestedFreight : [];
  const add = (): void => {
    const taken = new Set(requests.map(({ origin }) => origin?.name));
    const name = names.warehouses?.find((each) => !taken.has(each)) ?? '';
    manifest.edit(['spec', 'requestedFreight', requests.length], {
      origin: { kind: 'Warehouse', name },
      sources: { direct: true },
    });
  };
  return (
    <div className="form-section">
      <h3 className="section-title">
        Requested freight
        <span className="grow" />
        <button type="button" className="btn small" onClick={add}>
          <Icon name="plus" /> Add warehouse
        </button>
      </h3>
      {problemsAt(manifest.problems, ['spec', 'requestedFreight']).map(({ message }) => (
        <p key={message} className="problem">
          {message}
        </p>
      ))}
      {requests.map((request, index) => (
        <Request
          key={index}
          manifest={manifest}
          names={names}
          path={['spec', 'requestedFreight', index]}
          request={request}
          own={String(stage.metadata?.name ?? '')}
          isOnly={requests.length === 1}
        />
      ))}
    </div>
  );
}

function Request({
  manifest,
  names,
  path,
  request,
  own,
  isOnly,
}: {
  manifest: Manifest;
  names: KnownNames;
  path: Path;
  request: { origin?: { name?: unknown }; sources?: Sources };
  own: string;
  isOnly: boolean;
}): React.ReactNode {
  const { direct, stages, requiredSoakTime, availabilityStrategy, autoPromotionOptions } = request.sources ?? {};
  const upstream = Array.isArray(stages) ? stages.map(String) : [];
  const origin = String(request.origin?.name ?? '');
  const messages = (...at: string[]): string[] =>
    problemsAt(manifest.problems, [...path, ...at], at[0] === 'origin' || at[1] === 'stages').map(({ message }) => message);
  const setStages = (next: readonly string[]): void =>
    manifest.edit([...path, 'sources', 'stages'], next.length === 0 ? undefined : next);
  const free = (names.stages ?? []).filter((name) => name !== own && !upstream.includes(name));
  return (
    <div className="request" role="group" aria-label={`Freight of ${origin === '' ? 'a warehouse' : origin}`}>
      <div className="columns">
        <Field label="Warehouse" problems={messages('origin')} required>
          {(control) =>
            names.warehouses === undefined || names.warehouses.length === 0 ? (
              <TextControl
                {...control}
                value={origin}
                set={(value) => manifest.edit([...path, 'origin', 'name'], value ?? '')}
                required
              />
            ) : (
              <select
                {...control}
                value={origin}
                onChange={({ target }) => manifest.edit([...path, 'origin', 'name'], target.value)}
              >
                {names.warehouses.includes(origin) ? null : (
                  <option value={origin}>{origin === '' ? 'Choose a warehouse' : `${origin} (does not exist)`}</option>
                )}
                {names.warehouses.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            )
          }
        </Field>
        <div className="field">
          <span className="label">Taken</span>
          <label className="inline">
            <input
              type="checkbox"
              checked={direct === true}
              onChange={({ target }) => manifest.edit([...path, 'sources', 'direct'], target.checked ? true : undefined)}
            />{' '}
            straight from the warehouse
          </label>
          {problemsAt(manifest.problems, [...path, 'sources']).map(({ message }) => (
            <p key={message} className="problem">
              {message}
            </p>
          ))}
        </div>
      </div>
      <Field
        label="Taken once verified in"
        hint={
          upstream.length === 0 && direct !== true
            ? 'Choose stages before this one, or take freight straight from the warehouse.'
            : undefined
        }
        problems={messages('sources', 'stages')}
      >
        {(control) => (
          <div className="tags">
            {upstream.map((name) => (
              <span key={name} className="tag">
                {name}
                <button
                  type="button"
                  aria-label={`Do not take from ${name}`}
                  onClick={() => setStages(upstream.filter((each) => each !== name))}
                >
                  <Icon name="close" />
                </button>
              </span>
            ))}
            <select
              {...control}
              value=""
              onChange={({ target }) => setStages([...upstream, target.value])}
              disabled={free.length === 0}
            >
              <option value="">{free.length === 0 ? 'No other stage' : 'Add stage'}</option>
              {free.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </div>
        )}
      </Field>
      {upstream.length === 0 ? null : (
        <div className="columns">
          <Field
            label="Soak there"
            hint="How long it must have been there, such as 30m."
            problems={messages('sources', 'requiredSoakTime')}
          >
            {(control) => (
              <TextControl
                {...control}
                value={requiredSoakTime}
                set={(value) => manifest.edit([...path, 'sources', 'requiredSoakTime'], value)}
                fallback="no time"
              />
            )}
          </Field>
          <Field label="Must be verified in" problems={messages('sources', 'availabilityStrategy')}>
            {(control) => (
              <select
                {...control}
                value={availabilityStrategy === 'All' ? 'All' : ''}
                onChange={({ target }) =>
                  manifest.edit([...path, 'sources', 'availabilityStrategy'], target.value === '' ? undefined : target.value)
                }
              >
                <option value="">one of them</option>
                <option value="All">all of them</option>
              </select>
            )}
          </Field>
        </div>
      )}
      <Field label="Auto-promotion takes" problems={messages('sources', 'autoPromotionOptions')}>
        {(control) => (
          <select
            {...control}
            value={autoPromotionOptions?.selectionPolicy === 'MatchUpstream' ? 'MatchUpstream' : ''}
            onChange={({ target }) =>
              manifest.edit(
                [...path, 'sources', 'autoPromotionOptions'],
                target.value === '' ? undefined : { selectionPolicy: target.value },
              )
            }
          >
            <option value="">the newest freight that may go</option>
            <option value="MatchUpstream">what the one stage before it holds</option>
          </select>
        )}
      </Field>
      <div className="chain" aria-hidden="true">
        <span className="chain-node">
          <Icon name="stack" /> {origin === '' ? 'warehouse' : origin}
        </span>
        {upstream.length === 0 ? null : (
          <span className="chain-node">
            {upstream.length > 2 ? `${upstream.length} stages` : upstream.join(availabilityStrategy === 'All' ? ' and ' : ' or ')}
          </span>
        )}
        <span className="chain-node new">{own === '' ? 'this stage' : own}</span>
      </div>
      {isOnly ? null : (
        <button type="button" className="link-button" onClick={() => manifest.edit(path, undefined)}>
          Do not request freight of {origin === '' ? 'it' : origin}
        </button>
      )}
    </div>
  );
}

function Verification({ manifest, names, stage }: { manifest: Manifest; names: KnownNames; stage: StageLike }): React.ReactNode {
  const path: Path = ['spec', 'verification'];
  const templates = Array.isArray(stage.spec?.verification?.analysisTemplates) ? stage.spec.verification.analysisTemplates : [];
  const all = [
    ...(names.analysisTemplates ?? []).map((name) => ({ name, kind: undefined as string | undefined })),
    ...(names.clusterAnalysisTemplates ?? []).map((name) => ({ name, kind: 'ClusterAnalysisTemplate' as string | undefined })),
  ];
  const free = all.filter(
    ({ name, kind }) =>
      !templates.some((each) => each.name === name && (each.kind === 'ClusterAnalysisTemplate') === (kind !== undefined)),
  );
  const remove = (index: number): void =>
    manifest.edit(templates.length === 1 ? path : [...path, 'analysisTemplates', index], undefined);
  const add = (at: number): void => {
    const chosen = free[at];
    if (chosen !== undefined)
      manifest.edit([...path, 'analysisTemplates', templates.length], {
        name: chosen.name,
        ...(chosen.kind === undefined ? {} : { kind: chosen.kind }),
      });
  };
  const schema = (name: string) =>
    manifest.schemas === undefined ? undefined : schemaAt(manifest.schemas, manifest.object, [...path, name]);
  const value = (name: string): unknown => (stage.spec?.verification as Record<string, unknown> | undefined)?.[name];
  return (
    <div className="form-section">
      <h3 className="section-title">
        Verification{' '}
        <span className="muted small-text">
          {templates.length === 0 ? 'none: freight counts as verified once it is healthy' : 'after every promotion'}
        </span>
      </h3>
      <Field
        label="Analysis templates"
        problems={problemsAt(manifest.problems, [...path, 'analysisTemplates'], false).map(({ message }) => message)}
      >
        {(control) => (
          <div className="tags">
            {templates.map((each, index) => (
              <span key={`${String(each.kind)} ${String(each.name)}`} className="tag">
                {String(each.name)}
                {each.kind === 'ClusterAnalysisTemplate' ? <span className="muted">shared</span> : null}
                <button type="button" aria-label={`Do not verify by ${String(each.name)}`} onClick={() => remove(index)}>
                  <Icon name="close" />
                </button>
              </span>
            ))}
            <select {...control} value="" disabled={free.length === 0} onChange={({ target }) => add(Number(target.value))}>
              <option value="">
                {all.length === 0 ? 'There is no analysis template yet' : free.length === 0 ? 'All are chosen' : 'Add template'}
              </option>
              {free.map(({ name, kind }, index) => (
                <option key={`${kind ?? ''} ${name}`} value={index}>
                  {kind === undefined ? name : `${name} (shared)`}
                </option>
              ))}
            </select>
          </div>
        )}
      </Field>
      {templates.length === 0
        ? null
        : (['args', 'analysisRunMetadata'] as const).map((name) => {
            const own = schema(name);
            return own === undefined ? null : (
              <SchemaField
                key={name}
                manifest={manifest}
                schema={own}
                path={[...path, name]}
                value={value(name)}
                label={name === 'args' ? 'Arguments' : 'Labels and annotations of its runs'}
              />
            );
          })}
    </div>
  );
}
