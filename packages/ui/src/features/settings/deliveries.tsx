import { useState } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { Time } from '../../components/time.tsx';
import { useServices } from '../../services.ts';
import { Loaded } from './section.tsx';
import { useResource } from './use-resource.ts';

interface Outcome {
  at?: string;
  code?: number;
  message?: string;
  targets?: string[];
  actor?: string;
}
interface Delivery {
  metadata: { name?: string };
  spec: {
    receiver?: string;
    type?: string;
    receivedAt?: string;
    headers?: Record<string, string>;
    body?: string;
    bodySize?: number;
    removed?: string[];
  };
  outcome?: Outcome;
  replays?: Outcome[];
}

/** What came to receivers, newest first, and what came of it. Each can be handled again. */
export function Deliveries({ api: route, receiver }: { api: string; receiver: string | undefined }): React.ReactNode {
  const { api } = useServices();
  const resource = useResource<{ items: Delivery[] }>(
    receiver === undefined ? route : `${route}?receiver=${encodeURIComponent(receiver)}`,
  );
  const [open, setOpen] = useState<string>();
  return (
    <div className="deliveries">
      <h2>
        Deliveries{receiver === undefined ? '' : ` of ${receiver}`}{' '}
        <button type="button" className="link-button" onClick={resource.reload}>
          Look again
        </button>
      </h2>
      <Loaded resource={resource} isEmpty={({ items }) => items.length === 0} empty="Nothing has come yet.">
        {({ items }) => (
          <table className="data">
            <thead>
              <tr>
                <th>Received</th>
                <th>Receiver</th>
                <th>Answer</th>
                <th>What it said</th>
                <th aria-label="What can be done" />
              </tr>
            </thead>
            <tbody>
              {items
                .toSorted(
                  (a, b) =>
                    (b.spec.receivedAt ?? '').localeCompare(a.spec.receivedAt ?? '') ||
                    (b.metadata.name ?? '').localeCompare(a.metadata.name ?? ''),
                )
                .map(({ metadata, spec, outcome, replays = [] }) => {
                  const name = metadata.name ?? '';
                  const last = replays[0] ?? outcome;
                  return [
                    <tr key={name}>
                      <td>
                        <Time at={spec.receivedAt} />
                      </td>
                      <td>{spec.receiver}</td>
                      <td className={(last?.code ?? 500) < 400 ? 'ok' : 'bad'}>{last?.code}</td>
                      <td>
                        {last?.message}
                        {replays.length === 0 ? null : (
                          <span className="chip">replayed{replays[0]?.actor === undefined ? '' : ` by ${replays[0].actor}`}</span>
                        )}
                      </td>
                      <td className="right">
                        <button
                          type="button"
                          className="btn small ghost"
                          aria-expanded={open === name}
                          onClick={() => setOpen(open === name ? undefined : name)}
                        >
                          {open === name ? 'Close' : 'Look'}
                        </button>{' '}
                        <ActionButton
                          small
                          disabled={spec.body === undefined}
                          title={spec.body === undefined ? 'Its body was not kept: have the sender deliver it again' : undefined}
                          run={async () => {
                            await api.call('POST', `${route}/${encodeURIComponent(name)}/replay`);
                            resource.reload();
                          }}
                        >
                          Replay
                        </ActionButton>
                      </td>
                    </tr>,
                    open === name ? (
                      <tr key={`${name} body`}>
                        <td colSpan={5}>
                          {last?.targets === undefined ? null : <p>Woken: {last.targets.join(', ')}</p>}
                          <pre className="manifest" tabIndex={0} aria-label="Headers and body">
                            {Object.entries(spec.headers ?? {}).map(([key, value]) => `${key}: ${value}\n`)}
                            {`\n${spec.body ?? `(${spec.bodySize ?? 0} bytes that were not kept)`}`}
                          </pre>
                        </td>
                      </tr>
                    ) : null,
                  ];
                })}
            </tbody>
          </table>
        )}
      </Loaded>
    </div>
  );
}
