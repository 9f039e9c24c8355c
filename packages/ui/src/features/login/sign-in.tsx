import { useState } from 'react';
import type { PublicConfig } from '../../data/api.ts';
import { useServices } from '../../services.ts';
import { beginSignIn } from './sso.ts';

interface Props {
  config: PublicConfig;
  /** Where to go on, for the way over the identity provider. */
  target: string;
  /** Signing in at the provider happens in a window of its own, so that this page stays as it is. */
  inWindow?: boolean;
  done: () => void;
}

/** The ways to sign in that the server has. */
export function SignIn({ config, target, inWindow = false, done }: Props): React.ReactNode {
  const { api } = useServices();
  const [password, setPassword] = useState('');
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const attempt = (act: () => Promise<void>): void => {
    setBusy(true);
    setError(undefined);
    act()
      .catch((cause: unknown) => setError(cause instanceof Error ? cause.message : String(cause)))
      .finally(() => setBusy(false));
  };
  const hasProvider = config.oidcConfig !== undefined;
  return (
    <>
      {hasProvider ? (
        <button
          type="button"
          className="btn primary"
          disabled={busy}
          onClick={() => {
            if (inWindow)
              window.open(`login?sso=&redirectTo=${encodeURIComponent('/login?close=')}`, '_blank', 'popup,width=520,height=680');
            else attempt(() => beginSignIn(api, target));
          }}
        >
          Sign in with SSO
        </button>
      ) : null}
      {hasProvider && config.adminAccountEnabled ? <p className="or muted">or</p> : null}
      {config.adminAccountEnabled ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            attempt(async () => {
              await api.signIn(password);
              done();
            });
          }}
        >
          <label>
            Admin password
            <input
              type="password"
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
              autoFocus={!hasProvider || inWindow}
            />
          </label>
          <button type="submit" className={hasProvider ? 'btn' : 'btn primary'} disabled={busy || password === ''}>
            Sign in
          </button>
        </form>
      ) : null}
      {hasProvider || config.adminAccountEnabled ? null : (
        <p>
          No way to sign in is enabled. Start the server with an admin password (<code>KARGO_ADMIN_PASSWORD</code>) or with an
          identity provider (<code>OIDC_ISSUER_URL</code>).
        </p>
      )}
      {error === undefined ? null : (
        <p role="alert" className="bad">
          {error}
        </p>
      )}
    </>
  );
}
