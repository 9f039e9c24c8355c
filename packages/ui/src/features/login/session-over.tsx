import { useEffect, useRef } from 'react';
import { useLocation, useNavigate } from 'react-router';
import type { PublicConfig } from '../../data/api.ts';
import { useServices } from '../../services.ts';
import { SignIn } from './sign-in.tsx';

/** The session is over: one signs in again over the page, which stays as it is with everything that was typed. */
export function SessionOver({ config }: { config: PublicConfig }): React.ReactNode {
  const { session, projects } = useServices();
  const navigate = useNavigate();
  const location = useLocation();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    return () => {
      // Whoever signed in again wants to see what is, at once.
      projects.retry();
    };
  }, [projects]);
  return (
    <dialog ref={dialog} className="session-over" aria-labelledby="session-over" onCancel={(event) => event.preventDefault()}>
      <h2 id="session-over">Your session is over</h2>
      <p className="muted">Sign in again to go on. Nothing on the page is lost.</p>
      <div className="login-ways">
        <SignIn config={config} target={location.pathname + location.search} inWindow done={() => dialog.current?.close()} />
      </div>
      <button
        type="button"
        className="link-button"
        onClick={() => {
          session.signOut();
          void navigate('/login');
        }}
      >
        Leave the page
      </button>
    </dialog>
  );
}
