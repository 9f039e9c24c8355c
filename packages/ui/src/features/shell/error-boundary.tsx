import { Component } from 'react';

interface Props {
  /** A new value is a new start: what failed may not fail there. */
  place: string;
  children: React.ReactNode;
}

interface State {
  error: Error | undefined;
}

/** Keeps a screen that failed from taking everything down: says what happened, with a way on. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidUpdate({ place }: Props): void {
    if (place !== this.props.place && this.state.error !== undefined) this.setState({ error: undefined });
  }

  override render(): React.ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    // After an update of the server, parts that this page has not fetched yet are there under other names.
    const isOutdated = /dynamically imported module|module script|Loading chunk/i.test(error.message);
    return (
      <main className="empty" role="alert">
        <h1>{isOutdated ? 'The dashboard was updated' : 'This screen failed'}</h1>
        <p>
          {isOutdated
            ? 'This page is of the version before. Load it again to go on.'
            : 'Nothing was changed by that. Load it again, or go back.'}
        </p>
        <pre className="manifest">{error.message}</pre>
        <p className="actions">
          <button type="button" className="btn primary" onClick={() => window.location.reload()}>
            Load again
          </button>
          <a className="btn" href="./">
            All projects
          </a>
        </p>
      </main>
    );
  }
}
