import { stringify } from 'yaml';
import { LogView } from '../../components/log-view.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { linksIn, type StepView } from '../../pipeline/steps.ts';
import { useServices } from '../../services.ts';

const TABS = ['Log', 'Config', 'Output'] as const;

interface Props {
  project: string;
  promotion: string;
  step: StepView;
  tab: string | null;
  chooseTab: (tab: string) => void;
}

/** The chosen step: what it says, how it is configured, what it put out. */
export function StepDetail({ project, promotion, step, tab, chooseTab }: Props): React.ReactNode {
  const { api } = useServices();
  const chosen = TABS.find((known) => known === tab) ?? 'Log';
  const links = linksIn(step.output);
  const over = step.look.word !== 'Running' && step.look.word !== 'Not started';
  return (
    <section className="card-box step-detail" aria-label={`Step ${step.name}`}>
      <header>
        <h2>{step.name}</h2>
        <span className={step.look.tone}>{step.look.word}</span>
        <span className="grow" />
        {links.map(({ name, url }) => (
          <a key={`${name} ${url}`} className="btn small" href={url} target="_blank" rel="noreferrer">
            {name} ↗
          </a>
        ))}
      </header>
      {step.message === undefined ? null : <p className={step.look.tone === 'bad' ? 'message bad' : 'message'}>{step.message}</p>}
      <Tabs label={`Step ${step.name}`} tabs={TABS} chosen={chosen} choose={chooseTab}>
        {chosen === 'Log' ? (
          <LogView
            name={`Log of ${step.name}`}
            open={(signal) => api.stepLog(project, promotion, step.alias, signal)}
            openWhole={(signal) => api.stepLogSoFar(project, promotion, step.alias, signal)}
            deps={[api, project, promotion, step.alias]}
            empty={
              step.look.word === 'Not started'
                ? 'The step has not started yet; what it says appears here.'
                : over
                  ? 'The step said nothing.'
                  : 'Nothing was said yet.'
            }
          />
        ) : chosen === 'Config' ? (
          step.config === undefined ? (
            <p className="muted">The step has no configuration.</p>
          ) : (
            <pre className="manifest" tabIndex={0}>
              {stringify(step.config)}
            </pre>
          )
        ) : step.output === undefined ? (
          <p className="muted">{over ? 'The step put out nothing.' : 'Nothing yet.'}</p>
        ) : (
          <pre className="manifest" tabIndex={0}>
            {stringify(step.output)}
          </pre>
        )}
      </Tabs>
    </section>
  );
}
