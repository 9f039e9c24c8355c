/** A time as people speak of it; the exact one on hover and focus. */
export function Time({ at }: { at: string | undefined }): React.ReactNode {
  if (at === undefined) return null;
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  const text = today
    ? date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    : date.toLocaleDateString([], { day: 'numeric', month: 'short' });
  return (
    <time dateTime={at} title={date.toLocaleString([], { dateStyle: 'full', timeStyle: 'long' })}>
      {text}
    </time>
  );
}
