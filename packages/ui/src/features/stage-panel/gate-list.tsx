import { Fragment } from 'react';
import { StatusShape } from '../../components/status-shape.tsx';
import { Time } from '../../components/time.tsx';
import { wayButton } from '../../components/way-button.tsx';
import { WaysOut } from '../../components/ways-out.tsx';
import type { Explanation, WayOut } from '../../data/api.ts';

const TONES = { settled: 'ok', moving: 'run', waiting: 'idle', stuck: 'wait' } as const;

interface Props {
  explanation: Explanation;
  /** Makes ways out into buttons of this project. */
  project?: string | undefined;
  /** A heading above the sentence. */
  title?: string | undefined;
  /** A button for a way out; null where the screen has one elsewhere. Undefined: what is usual for such a way, else it is shown as a command. */
  button?: ((way: WayOut) => React.ReactElement | null | undefined) | undefined;
}

/** Why something does not move: a sentence, the gates in order, what opens them, and the ways out. */
export function GateList({ explanation, project, title, button }: Props): React.ReactNode {
  const tone = TONES[explanation.standing];
  const first = explanation.gates.findIndex(({ met }) => !met);
  const ways = [
    ...explanation.gates.flatMap(({ met, action }) => (met || action === undefined ? [] : [action])),
    ...explanation.actions,
  ];
  const unique = ways.filter(({ command }, index) => ways.findIndex((other) => other.command === command) === index);
  const buttons = unique.flatMap((way) => {
    const given = button?.(way);
    const node = given === undefined && project !== undefined ? wayButton(project, way) : given;
    return node === undefined ? [] : [{ way, node }];
  });
  const rest = unique.filter((way) => !buttons.some((each) => each.way === way));
  const drawn = buttons.filter(({ node }) => node !== null);
  const wakes = explanation.standing === 'settled' ? [] : explanation.triggers;
  return (
    <section className={`why ${tone}`} aria-label={title ?? 'Why'}>
      <div className="why-title">
        {title === undefined ? null : <h3>{title}</h3>}
        <p>{explanation.summary}</p>
      </div>
      {explanation.gates.length === 0 ? null : (
        <ul className="gates" aria-label="Conditions">
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
              <span className="fact">
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
      )}
      {wakes.length === 0 && explanation.earliest === undefined ? null : (
        <ul className="triggers" aria-label="What it waits for">
          {explanation.earliest === undefined ? null : (
            <li>
              Moves by itself at <Time at={explanation.earliest} /> at the earliest.
            </li>
          )}
          {wakes.map(({ kind, what, at }) => (
            <li key={`${kind} ${what} ${at}`}>
              {kind === 'event' ? 'Goes on when' : kind === 'deadline' ? 'Gives up or goes on' : 'Looks again'}: {what}
              {at === undefined ? null : (
                <>
                  , <Time at={at} />
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      {drawn.length === 0 ? null : (
        <div className="actions">
          {drawn.map(({ way, node }) => (
            <Fragment key={way.command}>{node}</Fragment>
          ))}
        </div>
      )}
      <WaysOut ways={rest} />
    </section>
  );
}
