import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { stringify } from 'yaml';
import { ActionButton } from '../../components/action-button.tsx';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { CopyField } from '../../components/copy-field.tsx';
import { Field } from '../../components/field.tsx';
import { TextField } from '../../components/text-field.tsx';
import { ApiFailure, type Api } from '../../data/api.ts';
import { replaceManifest, upsertManifest } from '../../data/manifests.ts';
import { useServices } from '../../services.ts';
import { Deliveries } from './deliveries.tsx';
import { PlainForm } from './plain-form.tsx';
import { useScope, type Scope } from './scope.ts';
import { Loaded, Section } from './section.tsx';
import { useResource } from './use-resource.ts';

interface Config {
  apiVersion?: string;
  kind?: string;
  metadata: { name?: string; namespace?: string; resourceVersion?: string; managedFields?: unknown };
  spec?: { webhookReceivers?: Record<string, unknown>[]; [key: string]: unknown };
  status?: {
    webhookReceivers?: { name?: string; url?: string }[];
    conditions?: { type?: string; status?: string; message?: string }[];
  };
}

const V1 = 'kargo.akuity.io/v1alpha1';
/** Types of receivers, with the key that their Secret has. */
const TYPES: Readonly<Record<string, { label: string; key: string }>> = {
  github: { label: 'GitHub', key: 'secret' },
  gitlab: { label: 'GitLab', key: 'secret-token' },
  bitbucket: { label: 'Bitbucket', key: 'secret' },
  gitea: { label: 'Gitea, Forgejo', key: 'secret' },
  azure: { label: 'Azure', key: 'secret' },
  dockerhub: { label: 'Docker Hub', key: 'secret' },
  quay: { label: 'Quay', key: 'secret' },
  harbor: { label: 'Harbor', key: 'auth-header' },
  artifactory: { label: 'Artifactory', key: 'secret-token' },
  generic: { label: 'Generic', key: 'secret' },
};

function configRoute(scope: Scope): string {
  return scope.kind === 'project' ? `${scope.api}/config` : 'system/cluster-config';
}

function typeOf(receiver: Record<string, unknown>): string {
  return Object.keys(receiver).find((key) => key !== 'name') ?? '';
}

/** Where registries and repositories announce what is new, and what they have sent. */
export function Receivers({ scope: kind }: { scope: 'project' | 'system' }): React.ReactNode {
  const scope = useScope(kind);
  const { api } = useServices();
  const [query, setQuery] = useSearchParams();
  const config = useResource<Config>(configRoute(scope));
  const missing = config.error instanceof ApiFailure && config.error.status === 404;
  const resource = missing ? { ...config, error: undefined, value: { metadata: {} } as Config } : config;
  const chosen = query.get('receiver') ?? undefined;
  return (
    <Section
      title="Webhook receivers"
      about="With them, warehouses look within a second of a push instead of at their next interval."
      add={{ label: 'New receiver', to: `${scope.base}/receivers/new` }}
    >
      <Loaded
        resource={resource}
        isEmpty={({ spec }) => (spec?.webhookReceivers ?? []).length === 0}
        empty="None yet. Nothing depends on them: without, warehouses look at their intervals."
      >
        {(value) => (
          <>
            <ul className="receivers">
              {(value.spec?.webhookReceivers ?? []).map((receiver) => {
                const name = String(receiver['name']);
                const url = value.status?.webhookReceivers?.find((each) => each.name === name)?.url;
                return (
                  <li key={name} className="box">
                    <div className="receiver-head">
                      <strong>{name}</strong> <span className="chip">{TYPES[typeOf(receiver)]?.label ?? typeOf(receiver)}</span>
                      <span className="grow" />
                      <button
                        type="button"
                        className="btn small"
                        aria-pressed={chosen === name}
                        onClick={() => setQuery(chosen === name ? {} : { receiver: name })}
                      >
                        Deliveries
                      </button>
                      <ConfirmButton
                        question={`Remove the receiver ${name}? Its address answers 404 then, and its secret stays among the credentials.`}
                        keep="Keep it"
                        run={async () => {
                          await change(api, value, (receivers) => receivers.filter((each) => each['name'] !== name));
                          config.reload();
                        }}
                      >
                        Remove
                      </ConfirmButton>
                    </div>
                    {url === undefined ? (
                      <p className="muted">Its address is made once its secret is there.</p>
                    ) : (
                      <CopyField value={url} label={`Address of ${name}`} hidden />
                    )}
                  </li>
                );
              })}
            </ul>
            {value.status?.conditions
              ?.filter(({ status, message }) => status === 'False' && message !== undefined)
              .map(({ type, message }) => (
                <p key={type} className="notice-bar bad">
                  {message}
                </p>
              ))}
            <ActionButton
              small
              run={async () => {
                await api.call('POST', `${configRoute(scope)}/refresh`);
                config.reload();
              }}
            >
              Refresh
            </ActionButton>
          </>
        )}
      </Loaded>
      <Deliveries api={`${scope.api}/webhook-deliveries`} receiver={chosen} />
    </Section>
  );
}

/** Writes the receivers of a configuration, and nothing else of it. */
async function change(
  api: Api,
  config: Config,
  next: (receivers: Record<string, unknown>[]) => Record<string, unknown>[],
): Promise<void> {
  const { status: _status, metadata, ...rest } = config;
  const { managedFields: _managed, ...meta } = metadata;
  await replaceManifest(
    api,
    stringify({ ...rest, metadata: meta, spec: { ...config.spec, webhookReceivers: next(config.spec?.webhookReceivers ?? []) } }),
  );
}

/** A new receiver with its secret. What it needs is made together, or not at all. */
export function ReceiverForm({ scope: kind }: { scope: 'project' | 'system' }): React.ReactNode {
  const scope = useScope(kind);
  const { api } = useServices();
  const [name, setName] = useState('');
  const [type, setType] = useState('github');
  const [secret, setSecret] = useState(newSecret);
  const back = `${scope.base}/receivers`;
  const submit = async (): Promise<void> => {
    const key = TYPES[type]?.key ?? 'secret';
    const credential = `${name}-receiver`;
    const credentials = `${scope.api}/generic-credentials`;
    const receiver = {
      name,
      [type]: {
        secretRef: { name: credential },
        ...(type === 'generic' ? { actions: [{ action: 'Refresh', targetSelectionCriteria: [{ kind: 'Warehouse' }] }] } : {}),
      },
    };
    await api.call('POST', credentials, {
      body: JSON.stringify({ name: credential, description: `Secret of the webhook receiver ${name}`, data: { [key]: secret } }),
    });
    try {
      const config = await api.call<Config>('GET', configRoute(scope)).catch((cause: unknown) => {
        if (cause instanceof ApiFailure && cause.status === 404) return undefined;
        throw cause;
      });
      if (config !== undefined) await change(api, config, (receivers) => [...receivers, receiver]);
      else
        await upsertManifest(
          api,
          stringify({
            apiVersion: V1,
            kind: scope.kind === 'project' ? 'ProjectConfig' : 'ClusterConfig',
            metadata: scope.kind === 'project' ? { name: scope.project, namespace: scope.project } : { name: 'cluster' },
            spec: { webhookReceivers: [receiver] },
          }),
        );
    } catch (error) {
      await api.call('DELETE', `${credentials}/${encodeURIComponent(credential)}`).catch(() => undefined);
      throw error;
    }
  };
  return (
    <PlainForm
      title="New webhook receiver"
      about={
        <>
          The address to give to the sender is shown once it is made. <Link to={back}>All receivers</Link>
        </>
      }
      action="Create receiver"
      back={back}
      submit={submit}
    >
      <div className="columns">
        <TextField label="Name" value={name} set={setName} required autoFocus />
        <Field label="Sender">
          {(control) => (
            <select {...control} value={type} onChange={({ target }) => setType(target.value)}>
              {Object.entries(TYPES).map(([each, { label }]) => (
                <option key={each} value={each}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <TextField
        label="Secret"
        hint="Known to the sender alone. Give it to the sender together with the address; it is not shown again."
        value={secret}
        set={setSecret}
        mono
      />
      {type === 'generic' ? (
        <p className="hint">Begins by having every warehouse look; what it does can be narrowed in the configuration.</p>
      ) : null}
    </PlainForm>
  );
}

function newSecret(): string {
  return btoa(String.fromCodePoint(...crypto.getRandomValues(new Uint8Array(24))));
}
