import { StatusShape } from '../../components/status-shape.tsx';
import { Time } from '../../components/time.tsx';
import type { Explanation } from '../../data/api.ts';

const TONES = { settled: 'ok', moving: 'run', waiting: 'idle', stuck: 'wait' } as const;

/** Why something does not move: a sentence, the gates in order, what opens them. */
export function GateList({ explanation }: { explanation: Explanation }): React.ReactNode {
  const tone = TONES[explanation.standing];
  const first = explanation.gates.findIndex(({ met }) => !met);
  return (
    <section className={`why ${tone}`}>
      <p>{explanation.summary}</p>
      <ul>
        {explanation.gates.map((gate, index) => (
          <li key={gate.name} className={index === first ? 'first' : ''}>
            <StatusShape
              look={
                gate.met
                  ? { shape: 'ring-check', tone: 'ok' }
                  : { shape: gate.opensAt === undefined ? 'pending' : 'clock', tone: 'wait' }
              }
            />
            <strong>{gate.name}</strong>
            <span>
              {gate.fact}
              {gate.opensAt === undefined ? null : (
                <>
                  , opens <Time at={gate.opensAt} />
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
      {explanation.earliest === undefined ? null : (
        <p className="muted">
          Moves by itself at <Time at={explanation.earliest} /> at the earliest.
        </p>
      )}
    </section>
  );
}
