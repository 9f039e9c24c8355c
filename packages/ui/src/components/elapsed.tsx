import { durationText } from '../pipeline/steps.ts';
import { useServices } from '../services.ts';
import { useSeconds } from './use-now.ts';

/** How long something on the server took, or takes so far. */
export function Elapsed({ from, to }: { from: string | undefined; to?: string | undefined }): React.ReactNode {
  const { api } = useServices();
  const now = useSeconds({ still: from === undefined || to !== undefined }) + api.skew;
  if (from === undefined) return null;
  return <span className="elapsed">{durationText((to === undefined ? now : Date.parse(to)) - Date.parse(from))}</span>;
}
