import { Link } from 'react-router';
import { ActionMenu } from '../../components/action-menu.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { lookOfHeadline, type Headline } from '../../pipeline/headline.ts';

/** The one sentence on top, with its one action; the others behind it. */
export function HeadlineBar({ project, headlines }: { project: string; headlines: readonly Headline[] }): React.ReactNode {
  const [first, ...more] = headlines;
  if (first === undefined) return null;
  const action = actionOf(project, first);
  return (
    <span className="sentence" role="status">
      <StatusShape look={lookOfHeadline(first)} />
      <h1 title={first.text}>{first.text}</h1>
      {first.why === '' ? null : (
        <span className="why-text clamp" title={first.why}>
          {first.why}
        </span>
      )}
      {action === undefined ? null : (
        <Link className="btn primary" to={action.to}>
          {action.label}
        </Link>
      )}
      {more.length === 0 ? null : (
        <ActionMenu
          label={`${more.length} more`}
          className="btn ghost"
          align="start"
          entries={more
            .slice(0, 12)
            .map((each) => ({ kind: 'link', label: each.text, to: actionOf(project, each)?.to ?? `/project/${project}` }))}
        >
          {more.length} more
        </ActionMenu>
      )}
    </span>
  );
}

function actionOf(project: string, { tone, stage, freight, promotion }: Headline): { label: string; to: string } | undefined {
  if (promotion !== undefined) return { label: 'Open promotion', to: `/project/${project}/promotion/${promotion}` };
  if (freight !== undefined && stage !== undefined)
    return { label: 'Review change', to: `/project/${project}/promote/freight/${freight}/stage/${stage}` };
  if (stage === undefined) return undefined;
  return { label: tone === 'run' ? 'Watch' : 'See why', to: `/project/${project}/stage/${stage}` };
}
