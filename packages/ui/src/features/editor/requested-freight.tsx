import { Field } from '../../components/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { TextControl } from '../../components/schema-form/scalar-controls.tsx';
import { TagsField } from '../../components/tags-field.tsx';
import type { KnownNames } from '../../manifest/complete.ts';
import type { Path } from '../../manifest/path.ts';
import { problemsAt } from '../../manifest/problems.ts';
import type { Manifest } from '../../manifest/use-manifest.ts';

interface Sources {
  direct?: unknown;
  stages?: unknown;
  requiredSoakTime?: unknown;
  availabilityStrategy?: unknown;
  autoPromotionOptions?: { selectionPolicy?: unknown };
}
interface FreightRequest {
  origin?: { name?: unknown };
  sources?: Sources;
}

interface Props {
  manifest: Manifest;
  names: KnownNames;
  /** `requestedFreight` as it is written. */
  written: unknown;
  /** Name of the Stage. */
  own: string;
}

/** Which Freight a Stage takes, from where, and when it may. */
export function RequestedFreight({ manifest, names, written, own }: Props): React.ReactNode {
  const requests = Array.isArray(written) ? (written as FreightRequest[]) : [];
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
          own={own}
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
  request: FreightRequest;
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
      <TagsField
        label="Taken once verified in"
        hint={
          upstream.length === 0 && direct !== true
            ? 'Choose stages before this one, or take freight straight from the warehouse.'
            : undefined
        }
        problems={messages('sources', 'stages')}
        tags={upstream.map((name) => ({
          key: name,
          text: name,
          removal: `Do not take from ${name}`,
          remove: () => setStages(upstream.filter((each) => each !== name)),
        }))}
        choices={free}
        add={(index) => setStages([...upstream, ...free.slice(index, index + 1)])}
        prompt={free.length === 0 ? 'No other stage' : 'Add stage'}
      />
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
