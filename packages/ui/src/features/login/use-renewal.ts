import { useEffect } from 'react';
import { ApiFailure } from '../../data/api.ts';
import { claimsOfToken } from '../../data/token.ts';
import { useServices, useToken } from '../../services.ts';

/** Milliseconds before the end of a token at which it is renewed. */
const EARLY = 60_000;
const LONGEST_TIMER = 2_000_000_000;
/** Milliseconds between attempts while the provider cannot be asked. */
const AGAIN = 10_000;

/** Renews the session before it is over, where the identity provider lets it; one tab does it for all. */
export function useRenewal(): void {
  const { api, session } = useServices();
  const token = useToken();
  useEffect(() => {
    const end = token === undefined ? undefined : claimsOfToken(token).exp;
    if (end === undefined) return undefined;
    let timer: ReturnType<typeof setTimeout>;
    const isOver = (): boolean => end * 1000 <= Date.now();
    const renew = async (): Promise<void> => {
      // Another tab may have been faster; a renewal counts only once.
      if (session.token !== token) return;
      const { renewal } = session;
      if (renewal === undefined) {
        if (isOver()) session.end();
        else timer = setTimeout(() => void locked(renew), Math.min(end * 1000 - Date.now(), LONGEST_TIMER));
        return;
      }
      try {
        await api.renewSso(renewal);
      } catch (error) {
        if (error instanceof ApiFailure && (error.status === 403 || error.status === 400)) {
          if (isOver()) session.end();
          else session.signIn(token ?? '', undefined);
        } else timer = setTimeout(() => void locked(renew), AGAIN);
      }
    };
    timer = setTimeout(() => void locked(renew), Math.min(Math.max(end * 1000 - EARLY - Date.now(), 0), LONGEST_TIMER));
    return () => clearTimeout(timer);
  }, [api, session, token]);
}

async function locked(act: () => Promise<void>): Promise<void> {
  // Browsers have locks only on HTTPS and on this machine.
  if (navigator.locks === undefined) await act();
  else await navigator.locks.request('kargo-session', act);
}
