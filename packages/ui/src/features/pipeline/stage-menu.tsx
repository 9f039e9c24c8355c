import type { Stage } from '@kargo/api';
import { useNavigate } from 'react-router';
import { ActionMenu, type MenuEntry } from '../../components/action-menu.tsx';
import { Icon } from '../../components/icon.tsx';
import { useToast } from '../../components/toast.tsx';
import { currentOf, labelOf } from '../../pipeline/cells.ts';
import { downstreamOf, upstreamsOf } from '../../pipeline/ranks.ts';
import { isVerificationOver } from '../../pipeline/state.ts';
import { useServices } from '../../services.ts';
import { newestAvailable } from '../../pipeline/freight-index.ts';
import type { Model } from './use-model.ts';

interface Props {
  project: string;
  stage: Stage;
  origin: string;
  model: Model;
}

/** What can be done to a stage without opening it. */
export function StageMenu({ project, stage, origin, model }: Props): React.ReactNode {
  const { api } = useServices();
  const navigate = useNavigate();
  const { attempt } = useToast();
  const name = stage.metadata.name ?? '';
  const passes = stage.status?.phase === 'NotApplicable';
  const below = downstreamOf([...model.data.stages.values()], name);
  const verification = stage.status?.freightHistory?.[0]?.verificationHistory?.[0];
  const checking = verification !== undefined && !isVerificationOver(verification.phase);
  const held = Object.keys(stage.status?.effectiveAutoPromotionHolds ?? {})[0];
  const heldOrigin = held?.replace(/^Warehouse\//, '') ?? '';
  const resume = held === undefined ? undefined : newestAvailable(model.freight, stage, heldOrigin, model.now);
  const upstream = upstreamsOf(stage, origin).flatMap((each) => {
    const up = model.data.stages.get(each);
    const freight = up === undefined ? undefined : model.data.freight.get(currentOf(up, origin) ?? '');
    return freight === undefined ? [] : [{ each, freight }];
  });
  const entries: MenuEntry[] = [
    ...(passes
      ? []
      : [{ kind: 'link', label: 'Promote…', icon: 'arrow', to: `/project/${project}/promote/stage/${name}` } as const]),
    ...upstream
      .filter(() => !passes)
      .flatMap(({ each, freight }): MenuEntry[] => {
        const to = `/project/${project}/promote/freight/${freight.metadata.name ?? ''}/stage/${name}`;
        return [
          { kind: 'link', label: `Promote what ${each} runs, ${labelOf(freight)}…`, icon: 'arrow', to },
          {
            kind: 'action',
            label: `Promote what ${each} runs at once`,
            icon: 'play',
            run: () =>
              attempt(`Promoting ${labelOf(freight)} to ${name}`, async () => {
                const { metadata } = await api.promote(project, name, freight.metadata.name ?? '');
                await navigate(`/project/${project}/promotion/${metadata.name ?? ''}`);
              }),
          },
        ];
      }),
    {
      kind: 'link',
      label:
        below.length === 0
          ? 'Promote downstream…'
          : `Promote to ${below.length === 1 ? below[0] : `all ${below.length} downstream`}…`,
      icon: 'graph',
      to: `/project/${project}/promote/stage/${name}?downstream=1`,
      ...(below.length === 0 ? { disabled: 'No stage takes freight from it' } : {}),
    },
    ...(held === undefined
      ? []
      : [
          {
            kind: 'link',
            label: 'Resume auto-promotion…',
            icon: 'play',
            to: `/project/${project}/promote/freight/${resume?.metadata.name ?? ''}/stage/${name}`,
            ...(resume === undefined ? { disabled: 'Nothing is available to go on with' } : {}),
          } as const,
        ]),
    { kind: 'line' },
    {
      kind: 'action',
      label: 'Refresh',
      icon: 'refresh',
      run: () => attempt(`Refreshing ${name}`, () => api.refreshStage(project, name), `${name} is looked at again`),
    },
    checking
      ? {
          kind: 'action',
          label: 'Abort verification',
          icon: 'close',
          run: () => attempt(`Aborting the verification of ${name}`, () => api.abortVerification(project, name)),
        }
      : {
          kind: 'action',
          label: 'Reverify',
          icon: 'check',
          run: () => attempt(`Verifying ${name} again`, () => api.reverify(project, name), `${name} is verified again`),
          ...(verification === undefined ? { disabled: 'Nothing has been verified here yet' } : {}),
        },
    { kind: 'link', label: 'Details', icon: 'list', to: `/project/${project}/stage/${name}` },
  ];
  return (
    <ActionMenu label={`Actions of stage ${name}`} className="icon-btn kebab" entries={entries}>
      <Icon name="more" />
    </ActionMenu>
  );
}
