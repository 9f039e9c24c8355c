import { useRef, useState } from 'react';
import { Icon, IconButton } from '../../components/icon.tsx';
import { SchemaField, SchemaFields } from '../../components/schema-form/schema-form.tsx';
import { emptyOf } from '../../components/schema-form/list-field.tsx';
import { summaryOf } from '../../components/schema-form/words.ts';
import { StatusShape } from '../../components/status-shape.tsx';
import { problemsAt } from '../../manifest/problems.ts';
import { valueAt, type Path } from '../../manifest/path.ts';
import { schemaAt } from '../../manifest/resolve.ts';
import type { Manifest } from '../../manifest/use-manifest.ts';
import { StepPicker, type Picked } from './step-picker.tsx';

interface Step {
  uses?: unknown;
  task?: { name?: unknown; kind?: unknown };
  as?: unknown;
  config?: unknown;
}

/** The steps of a promotion in their order: each a form by the schema of what it uses. */
export function StepsEditor({
  manifest,
  path,
  tasks,
}: {
  manifest: Manifest;
  path: Path;
  tasks: readonly Picked[];
}): React.ReactNode {
  const value = valueAt(manifest.object, path);
  const steps = Array.isArray(value) ? (value as Step[]) : [];
  const [open, setOpen] = useState<number>();
  const [picking, setPicking] = useState(false);
  const [dragged, setDragged] = useState<number>();
  const list = useRef<HTMLOListElement>(null);
  const move = (from: number, to: number): void => {
    if (to < 0 || to >= steps.length || from === to) return;
    manifest.move(path, from, to);
    setOpen((before) => (before === undefined ? before : placeAfter(before, from, to)));
  };
  const add = ({ kind, name }: Picked): void => {
    const config = kind === 'step' ? manifest.schemas?.steps[name]?.config : undefined;
    const empty = config === undefined ? undefined : (emptyOf(config) as object);
    const step =
      kind === 'step'
        ? { uses: name, ...(empty === undefined || Object.keys(empty).length === 0 ? {} : { config: empty }) }
        : { task: { name, ...(kind === 'ClusterPromotionTask' ? { kind } : {}) } };
    manifest.edit([...path, steps.length], step);
    setPicking(false);
    setOpen(steps.length);
  };
  const remove = (index: number): void => {
    manifest.edit(steps.length === 1 ? path : [...path, index], undefined);
    setOpen(undefined);
  };
  return (
    <>
      <h3 className="section-title">
        Promotion steps{' '}
        <span className="muted small-text">
          {steps.length === 0 ? 'none: freight only passes through' : `${steps.length}, run in order`}
        </span>
        <span className="grow" />
        <button type="button" className="btn small" onClick={() => setPicking(true)}>
          <Icon name="plus" /> Add step
        </button>
      </h3>
      {problemsAt(manifest.problems, path).map(({ message }) => (
        <p key={message} className="problem">
          {message}
        </p>
      ))}
      <ol className="step-forms" ref={list}>
        {steps.map((step, index) => (
          <StepForm
            key={index}
            manifest={manifest}
            path={[...path, index]}
            step={step}
            index={index}
            count={steps.length}
            isOpen={open === index}
            isTarget={dragged !== undefined && dragged !== index}
            toggle={() => setOpen(open === index ? undefined : index)}
            move={(to) => move(index, to)}
            remove={() => remove(index)}
            duplicate={() => manifest.edit([...path, steps.length], structuredClone(step))}
            drag={{
              start: () => setDragged(index),
              end: () => setDragged(undefined),
              drop: () => dragged !== undefined && move(dragged, index),
            }}
          />
        ))}
      </ol>
      {picking ? <StepPicker schemas={manifest.schemas} tasks={tasks} pick={add} close={() => setPicking(false)} /> : null}
    </>
  );
}

/** Where an item is after another one, or itself, was moved. */
function placeAfter(index: number, from: number, to: number): number {
  if (index === from) return to;
  if (from < index && index <= to) return index - 1;
  return to <= index && index < from ? index + 1 : index;
}

interface StepFormProps {
  manifest: Manifest;
  path: Path;
  step: Step;
  index: number;
  count: number;
  isOpen: boolean;
  isTarget: boolean;
  toggle: () => void;
  move: (to: number) => void;
  remove: () => void;
  duplicate: () => void;
  drag: { start: () => void; end: () => void; drop: () => void };
}

function StepForm({
  manifest,
  path,
  step,
  index,
  count,
  isOpen,
  isTarget,
  toggle,
  move,
  remove,
  duplicate,
  drag,
}: StepFormProps): React.ReactNode {
  const name =
    typeof step.uses === 'string' ? step.uses : typeof step.task?.name === 'string' ? `task ${step.task.name}` : 'step';
  const problems = problemsAt(manifest.problems, path, false);
  const about = typeof step.as === 'string' ? `as ${step.as}` : summaryOf(step.config, 44);
  return (
    <li className={isOpen ? 'open' : undefined} onDragOver={(event) => isTarget && event.preventDefault()} onDrop={drag.drop}>
      <div className="step-head">
        <span className="grip" draggable onDragStart={drag.start} onDragEnd={drag.end} aria-hidden="true">
          <Icon name="grip" />
        </span>
        <button
          type="button"
          className="step-title"
          aria-expanded={isOpen}
          onClick={toggle}
          onKeyDown={(event) => {
            if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
            event.preventDefault();
            move(index + (event.key === 'ArrowUp' ? -1 : 1));
          }}
        >
          <span className="muted small-text number">{index + 1}</span>
          <strong>{name}</strong>
          {problems.length > 0 ? (
            <span className="bad small-text problem-count">
              <StatusShape look={{ shape: 'failed', tone: 'bad' }} />{' '}
              {problems.length === 1 ? '1 problem' : `${problems.length} problems`}
            </span>
          ) : (
            <span className="muted small-text about">{about}</span>
          )}
        </button>
        <span className="step-tools">
          {index > 0 ? <IconButton name="up" label={`Move step ${index + 1} up`} onClick={() => move(index - 1)} /> : null}
          {index < count - 1 ? (
            <IconButton name="down" label={`Move step ${index + 1} down`} onClick={() => move(index + 1)} />
          ) : null}
          <IconButton name="copy" label={`Duplicate step ${index + 1}`} onClick={duplicate} />
          <IconButton name="trash" label={`Remove step ${index + 1}`} onClick={remove} />
        </span>
      </div>
      {isOpen ? <StepBody manifest={manifest} path={path} step={step} /> : null}
    </li>
  );
}

function StepBody({ manifest, path, step }: { manifest: Manifest; path: Path; step: Step }): React.ReactNode {
  const { schemas } = manifest;
  const schema = schemas === undefined ? undefined : schemaAt(schemas, manifest.object, path);
  const [more, setMore] = useState(false);
  if (schemas === undefined || schema === undefined) return <div className="step-body muted">Fetching its fields</div>;
  const known = typeof step.uses === 'string' ? schemas.steps[step.uses] : undefined;
  const config = known?.config;
  const own = schema.properties ?? {};
  const record = step as Record<string, unknown>;
  const field = (key: string, label: string): React.ReactNode =>
    own[key] === undefined ? null : (
      <SchemaField manifest={manifest} schema={own[key]} path={[...path, key]} value={record[key]} label={label} />
    );
  const isSet = ['if', 'continueOnError', 'retry', 'vars'].some((key) => record[key] !== undefined);
  return (
    <div className="step-body">
      {known === undefined || known.about === '' ? null : <p className="hint">{known.about}</p>}
      {step.task === undefined ? (
        config?.properties === undefined ? (
          config === undefined ? (
            field('uses', 'Step')
          ) : (
            <SchemaField
              manifest={manifest}
              schema={config}
              path={[...path, 'config']}
              value={step.config}
              label="Configuration"
            />
          )
        ) : (
          <SchemaFields manifest={manifest} schema={config} path={[...path, 'config']} value={step.config} />
        )
      ) : (
        <>
          {field('task', 'Task')}
          {field('vars', 'Variables')}
        </>
      )}
      {field('as', 'Alias')}
      <button type="button" className="link-button" aria-expanded={more || isSet} onClick={() => setMore(!more)}>
        <Icon name={more || isSet ? 'down' : 'right'} /> Condition, retry, timeout, continue on error
      </button>
      {more || isSet ? (
        <div className="inset">
          {field('if', 'Condition')}
          {step.task === undefined ? field('continueOnError', 'Continue on error') : null}
          {step.task === undefined ? field('retry', 'Retry') : null}
          {step.task === undefined ? field('vars', 'Variables') : null}
        </div>
      ) : null}
    </div>
  );
}
