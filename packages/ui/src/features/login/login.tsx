import { useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import type { PublicConfig } from '../../data/api.ts';
import { useServices } from '../../services.ts';

/** Signs in, and goes on to where one wanted to be. */
export function Login({ config }: { config: PublicConfig }): React.ReactNode {
  const { api } = useServices();
  const navigate = useNavigate();
  const [query] = useSearchParams();
  const [password, setPassword] = useState('');
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    api
      .signIn(password)
      .then(() => {
        const target = query.get('redirectTo') ?? '/';
        // Only addresses of this site: a link must not be able to send people elsewhere.
        return navigate(target.startsWith('/') && !target.startsWith('//') ? target : '/', { replace: true });
      })
      .catch((cause: unknown) => setError(cause instanceof Error ? cause.message : String(cause)))
      .finally(() => setBusy(false));
  };
  return (
    <main className="login">
      <h1>Kargo</h1>
      {config.adminAccountEnabled ? (
        <form onSubmit={submit}>
          <label>
            Admin password
            <input
              type="password"
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
              autoFocus
            />
          </label>
          <button type="submit" className="btn primary" disabled={busy || password === ''}>
            Sign in
          </button>
          {error === undefined ? null : (
            <p role="alert" className="bad">
              {error}
            </p>
          )}
        </form>
      ) : (
        <p>No way to sign in is enabled. Start the server with an admin password.</p>
      )}
    </main>
  );
}
