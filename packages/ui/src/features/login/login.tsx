import { useEffect, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import type { PublicConfig } from '../../data/api.ts';
import { useServices, useToken } from '../../services.ts';
import { Mark } from '../shell/app-bar.tsx';
import { SignIn } from './sign-in.tsx';
import { beginSignIn, completeSignIn, isCallback } from './sso.ts';

/** Only addresses of this site: a link must not be able to send people elsewhere. */
function safe(target: string): string {
  return target.startsWith('/') && !/^\/[/\\]/.test(target) ? target : '/';
}

/** Signs in, and goes on to where one wanted to be. The identity provider sends browsers back here too. */
export function Login({ config }: { config: PublicConfig }): React.ReactNode {
  const { api } = useServices();
  const token = useToken();
  const navigate = useNavigate();
  const [query] = useSearchParams();
  const target = safe(query.get('redirectTo') ?? '/');
  const comesBack = isCallback(query);
  const goesOut = query.has('sso') && config.oidcConfig !== undefined;
  const [error, setError] = useState<string>();
  useEffect(() => {
    if (query.has('close')) window.close();
    const fail = (cause: unknown): void => setError(cause instanceof Error ? cause.message : String(cause));
    if (comesBack) void completeSignIn(api, window.location.href).then((to) => navigate(safe(to), { replace: true }), fail);
    else if (goesOut) void beginSignIn(api, target).catch(fail);
    // Once, for the address that the page was opened with: a code counts only once.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  const waits = token !== undefined && !comesBack && !goesOut && !query.has('close');
  useEffect(() => {
    // Another tab has signed in, or was signed in all along.
    if (waits) void navigate(target, { replace: true });
  }, [waits, navigate, target]);
  if ((comesBack || goesOut) && error === undefined)
    return (
      <main className="login">
        <Mark />
        <h1>Kargo</h1>
        <p role="status">Signing in</p>
      </main>
    );
  return (
    <main className="login">
      <Mark />
      <h1>Sign in to Kargo</h1>
      {query.has('close') ? (
        <p>You are signed in. This window can be closed.</p>
      ) : (
        <SignIn config={config} target={target} done={() => void navigate(target, { replace: true })} />
      )}
      {error === undefined ? null : (
        <p role="alert" className="bad">
          {error}
        </p>
      )}
    </main>
  );
}
