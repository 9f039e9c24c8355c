import { useState } from 'react';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { CopyField } from '../../components/copy-field.tsx';
import { Field } from '../../components/field.tsx';
import { TextField } from '../../components/text-field.tsx';
import { useServices } from '../../services.ts';
import { nameOf, ObjectTable, SINCE } from './object-table.tsx';
import type { KargoRole } from './roles.tsx';
import { useScope } from './scope.ts';
import { Loaded, Section } from './section.tsx';
import { useResource } from './use-resource.ts';

interface Token {
  metadata: { name?: string; annotations?: Record<string, string>; labels?: Record<string, string>; creationTimestamp?: string };
  data?: { token?: string };
}

const ACCOUNT = 'kubernetes.io/service-account.name';
const LAST_USED = 'kubernetes.io/legacy-token-last-used';

/** Tokens by which programs have a role. */
export function Tokens({ scope: kind }: { scope: 'project' | 'system' }): React.ReactNode {
  const scope = useScope(kind);
  const { api } = useServices();
  const tokens = useResource<{ items: Token[] }>(`${scope.api}/api-tokens`);
  const roles = useResource<KargoRole[]>(`${scope.api}/roles`);
  const [name, setName] = useState('');
  const [role, setRole] = useState('');
  const [made, setMade] = useState<{ name: string; token: string }>();
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const names = (roles.value ?? []).flatMap(({ metadata }) => metadata.name ?? []);
  const chosen = role === '' ? (names[0] ?? '') : role;
  const create = (event: React.FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    setMade(undefined);
    api
      .call<Token>('POST', `${scope.api}/roles/${encodeURIComponent(chosen)}/api-tokens`, { body: JSON.stringify({ name }) })
      .then(({ data }) => {
        setMade({ name, token: atob(data?.token ?? '') });
        setName('');
        tokens.reload();
      })
      .catch((cause: unknown) => setError(cause instanceof Error ? cause.message : String(cause)))
      .finally(() => setBusy(false));
  };
  return (
    <Section
      title="API tokens"
      about="A program that has a token may do what its role allows, until the token or the role is deleted."
    >
      <form className="inline-form" aria-label="New token" onSubmit={create} noValidate>
        <TextField label="Name" value={name} set={setName} />
        <Field label="Role">
          {(control) => (
            <select {...control} value={chosen} onChange={({ target }) => setRole(target.value)}>
              {names.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          )}
        </Field>
        <button type="submit" className="btn" disabled={busy || chosen === ''} aria-busy={busy}>
          Create token
        </button>
      </form>
      {error === undefined ? null : (
        <p className="notice-bar bad" role="alert">
          {error}
        </p>
      )}
      {made === undefined ? null : (
        <div className="notice-bar ok" role="status">
          <span>
            <strong>Token {made.name}.</strong> Copy it now: it is not shown again.
          </span>
          <CopyField value={made.token} label={`Token ${made.name}`} />
        </div>
      )}
      <Loaded resource={tokens} isEmpty={({ items }) => items.length === 0} empty="No program has a token.">
        {({ items }) => (
          <ObjectTable
            items={items}
            keyOf={nameOf}
            columns={[
              { title: 'Token', cell: (token) => <strong>{nameOf(token)}</strong> },
              { title: 'Role', cell: ({ metadata }) => metadata.annotations?.[ACCOUNT] },
              SINCE,
              {
                title: 'Last used',
                cell: ({ metadata }) => metadata.labels?.[LAST_USED] ?? <span className="muted">not known</span>,
              },
            ]}
            actions={(token) => (
              <ConfirmButton
                question={`Delete the token ${nameOf(token)}? Programs that use it are refused at once.`}
                keep="Keep it"
                run={async () => {
                  await api.call('DELETE', `${scope.api}/api-tokens/${encodeURIComponent(nameOf(token))}`);
                  tokens.reload();
                }}
              >
                Delete
              </ConfirmButton>
            )}
          />
        )}
      </Loaded>
    </Section>
  );
}
