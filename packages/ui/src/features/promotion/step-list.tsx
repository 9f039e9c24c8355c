import { Elapsed } from '../../components/elapsed.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import type { StepView } from '../../pipeline/steps.ts';

interface Props {
  steps: readonly StepView[];
  chosen: string | undefined;
  choose: (alias: string) => void;
}

/** The steps in their order. Arrow keys go up and down. */
export function StepList({ steps, chosen, choose }: Props): React.ReactNode {
  const onKeyDown = (event: React.KeyboardEvent<HTMLOListElement>): void => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const next = steps[steps.findIndex(({ alias }) => alias === chosen) + move];
    if (next === undefined) return;
    choose(next.alias);
    event.currentTarget.querySelectorAll('button')[steps.indexOf(next)]?.focus();
  };
  return (
    <ol className="steps" onKeyDown={onKeyDown}>
      {steps.map((step) => (
        <li key={step.alias}>
          <button type="button" aria-current={step.alias === chosen ? 'step' : undefined} onClick={() => choose(step.alias)}>
            <StatusShape look={step.look} />
            <span className="step-text">
              <strong>{step.name}</strong>
              {step.name === step.uses ? null : <span className="muted small-text"> {step.uses}</span>}
              <span className={`subject ${step.look.tone === 'bad' ? 'bad' : ''}`}>
                {step.look.word}
                {step.errors === 0 ? '' : `, ${step.errors} ${step.errors === 1 ? 'error' : 'errors'}`}
                {step.message === undefined ? '' : `: ${step.message}`}
              </span>
            </span>
            <Elapsed from={step.startedAt} to={step.look.word === 'Running' ? undefined : (step.finishedAt ?? step.startedAt)} />
          </button>
        </li>
      ))}
    </ol>
  );
}
