interface Props {
  /** What could not be read, as the beginning of a sentence: "Its steps". */
  what: string;
  error: Error | undefined;
  again: () => void;
}

/** Says in the place of something why it could not be read, with a way on; nothing while there is nothing to say. */
export function ReadFailure({ what, error, again }: Props): React.ReactNode {
  if (error === undefined) return null;
  return (
    <div className="inline-error with-way" role="alert">
      <span>
        {what} could not be read: {error.message}
      </span>
      <button type="button" className="btn small" onClick={again}>
        Try again
      </button>
    </div>
  );
}
