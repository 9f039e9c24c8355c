import { StatusShape } from '../../components/status-shape.tsx';
import { Time } from '../../components/time.tsx';
import { sentenceOf, type Preview, type PreviewStep } from '../../data/preview.ts';
import type { Look } from '../../pipeline/state.ts';

const OUTCOMES: Readonly<Record<PreviewStep['outcome'], Look>> = {
  Succeeds: { shape: 'ring-check', tone: 'ok', word: 'would succeed' },
  Skipped: { shape: 'skipped', tone: 'idle', word: 'would be skipped' },
  Waits: { shape: 'clock', tone: 'wait', word: 'would wait for something outside' },
  Fails: { shape: 'failed', tone: 'bad', word: 'would fail' },
  Unknown: { shape: 'unknown', tone: 'idle', word: 'depends on what only running tells' },
};

/** What stands in the way, and what would happen, step by step. */
export function PreviewGates({ preview }: { preview: Preview }): React.ReactNode {
  return (
    <div className="dialog-side">
      <h3>
        Gates <span className={preview.gates.some(({ blocking }) => blocking) ? 'wait' : 'ok'}>{gatesWord(preview)}</span>
      </h3>
      {preview.gates.length === 0 ? null : (
        <ul className="list" aria-label="Gates">
          {preview.gates.map(({ code, message, blocking, until }) => (
            <li key={`${code} ${message}`} className={blocking ? 'wait' : ''}>
              <StatusShape look={blocking ? { shape: 'pending', tone: 'wait' } : { shape: 'inconclusive', tone: 'idle' }} />
              <span>
                {message}
                {until === undefined ? null : (
                  <>
                    , until <Time at={until} />
                  </>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
      <h3>What will happen</h3>
      {preview.outcome === 'Succeeds' || preview.outcome === 'Waits' ? null : (
        <p className={preview.outcome === 'Fails' ? 'bad' : 'muted'}>
          {preview.outcome === 'Fails' ? `It would fail: ${preview.message ?? ''}` : 'As far as it can be known before.'}
        </p>
      )}
      <ol className="will-happen" aria-label="What will happen">
        {preview.steps.map(({ alias, uses, outcome, message, unknown, effects }) => {
          const look = OUTCOMES[outcome] ?? OUTCOMES.Unknown;
          return (
            <li key={alias}>
              <StatusShape look={look} />
              <span>
                <strong>{/^step-\d+$/.test(alias) ? uses : alias}</strong>{' '}
                <span className={`small-text ${look.tone}`}>{look.word}</span>
                {message === undefined ? null : <span className="subject">{message}</span>}
                {effects.map((effect, index) => (
                  <span key={index} className="subject">
                    {sentenceOf(effect)}
                  </span>
                ))}
                {(unknown ?? []).map((sentence) => (
                  <span key={sentence} className="subject">
                    Not known before: {sentence}
                  </span>
                ))}
              </span>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function gatesWord({ gates }: Preview): string {
  const blocking = gates.filter((gate) => gate.blocking).length;
  return blocking === 0 ? 'all open' : blocking === 1 ? 'one is closed' : `${blocking} are closed`;
}
