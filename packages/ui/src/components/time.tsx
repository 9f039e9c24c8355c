/** A time as people speak of it; the exact one on hover and focus. `clock`: the time of day, where the day stands elsewhere. */
export function Time({ at, clock }: { at: string | undefined; clock?: boolean | undefined }): React.ReactNode {
  if (at === undefined) return null;
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  const text =
    today || clock === true
      ? date.toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' })
      : date.toLocaleDateString([], { day: 'numeric', month: 'short' });
  return (
    <time dateTime={at} title={date.toLocaleString([], { dateStyle: 'full', timeStyle: 'long' })}>
      {text}
    </time>
  );
}
