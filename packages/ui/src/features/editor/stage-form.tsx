import { Field } from '../../components/field.tsx';
import { ChoiceControl } from '../../components/schema-form/scalar-controls.tsx';
import type { KnownNames } from '../../manifest/complete.ts';
import type { Manifest } from '../../manifest/use-manifest.ts';
import { ManifestField } from './manifest-field.tsx';
import { NameField } from './name-field.tsx';
import { RequestedFreight } from './requested-freight.tsx';
import type { Picked } from './step-picker.tsx';
import { StepsEditor } from './steps-editor.tsx';
import { VerificationForm } from './verification-form.tsx';

interface StageLike {
  metadata?: { name?: unknown; annotations?: Record<string, unknown> };
  spec?: { requestedFreight?: unknown; verification?: unknown };
}

const COLOR = 'kargo.akuity.io/color';
const COLORS = [
  'red',
  'orange',
  'amber',
  'yellow',
  'lime',
  'green',
  'emerald',
  'teal',
  'cyan',
  'sky',
  'blue',
  'indigo',
  'violet',
  'purple',
  'fuchsia',
  'pink',
  'rose',
  'gray',
];

interface Props {
  manifest: Manifest;
  names: KnownNames;
  /** The name is that of what exists already. */
  isNew: boolean;
}

/** Everything that a Stage can be told, as a form. */
export function StageForm({ manifest, names, isNew }: Props): React.ReactNode {
  const stage = (manifest.object ?? {}) as StageLike;
  const tasks: Picked[] = [
    ...(names.promotionTasks ?? []).map((name) => ({ kind: 'PromotionTask' as const, name })),
    ...(names.clusterPromotionTasks ?? []).map((name) => ({ kind: 'ClusterPromotionTask' as const, name })),
  ];
  return (
    <>
      <div className="form-section columns">
        <NameField manifest={manifest} isNew={isNew} value={stage.metadata?.name} />
        <Field label="Colour" hint="A swatch beside its name.">
          {(control) => (
            <ChoiceControl
              {...control}
              choices={COLORS}
              value={stage.metadata?.annotations?.[COLOR]}
              set={(value) => manifest.edit(['metadata', 'annotations', COLOR], value)}
            />
          )}
        </Field>
        <ManifestField manifest={manifest} path={['spec', 'shard']} label="Shard" />
      </div>
      <RequestedFreight
        manifest={manifest}
        names={names}
        written={stage.spec?.requestedFreight}
        own={String(stage.metadata?.name ?? '')}
      />
      <div className="form-section">
        <ManifestField manifest={manifest} path={['spec', 'vars']} label="Variables" />
        <ManifestField
          manifest={manifest}
          path={['spec', 'promotionTemplate', 'spec', 'vars']}
          label="Variables of promotions alone"
        />
      </div>
      <div className="form-section">
        <StepsEditor manifest={manifest} path={['spec', 'promotionTemplate', 'spec', 'steps']} tasks={tasks} />
      </div>
      <VerificationForm manifest={manifest} names={names} written={stage.spec?.verification} />
    </>
  );
}
