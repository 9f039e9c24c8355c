import { useEffect, useState } from 'react';
import { durationText } from '../pipeline/steps.ts';

/** How long something took, or takes so far. */
export function Elapsed({ from, to }: { from: string | undefined; to?: string | undefined }): React.ReactNode {
  const [now, setNow] = useState(Date.now);
  const running = from !== undefined && to === undefined;
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [running]);
  if (from === undefined) return null;
  return <span className="elapsed">{durationText((to === undefined ? now : Date.parse(to)) - Date.parse(from))}</span>;
}
