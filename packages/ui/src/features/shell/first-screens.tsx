import { Link } from 'react-router';
import { AppBar, Mark } from './app-bar.tsx';

/** Until the server has said how one signs in: nothing at first, and that it is slow if it is. */
export function Starting(): React.ReactNode {
  return (
    <main className="login starting" aria-busy="true">
      <Mark />
      <p role="status">Waiting for the server</p>
    </main>
  );
}

/** The server did not even say how one signs in: why, and a way on. */
export function NotStarted({ why, again }: { why: string; again: () => void }): React.ReactNode {
  return (
    <main className="login">
      <Mark />
      <h1>The server could not be asked</h1>
      <p role="alert" className="bad">
        {why}
      </p>
      <button type="button" className="btn" onClick={again}>
        Try again
      </button>
    </main>
  );
}

/** What an address shows that leads nowhere. */
export function Nowhere(): React.ReactNode {
  return (
    <div className="app">
      <AppBar />
      <main className="page empty">
        <h1>There is nothing at this address</h1>
        <p>It may be mistyped, or of another version of the dashboard.</p>
        <Link className="btn primary" to="/">
          All projects
        </Link>
      </main>
    </div>
  );
}
