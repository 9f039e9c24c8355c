/** An explanation as the API gives it. */
export interface ExplanationBody {
  summary: string;
  gates: {
    name: string;
    met: boolean;
    fact: string;
    opensAt?: string;
    action?: { what: string; command: string; who?: string };
  }[];
  triggers: { kind: string; what: string; at?: string }[];
  earliest?: string;
  actions: { what: string; command: string; who?: string }[];
}

/** An explanation for people: the sentence, the gates, what moves it, what they can do. */
export function explanationText({ summary, gates, triggers, earliest, actions }: ExplanationBody): string {
  const lines = [summary];
  if (gates.length > 0) {
    const width = Math.max(...gates.map(({ name }) => name.length));
    lines.push(
      '',
      ...gates.map(
        ({ name, met, fact, opensAt }) =>
          `  ${met ? 'ok ' : 'no '} ${name.padEnd(width)}  ${fact}${opensAt === undefined ? '' : ` (opens ${opensAt})`}`,
      ),
    );
  }
  if (triggers.length > 0)
    lines.push(
      '',
      'What moves it:',
      ...triggers.map(
        ({ kind, what, at }) =>
          `  ${at === undefined ? 'when' : `at ${at}:`} ${what}${kind === 'poll' ? ' (a look, in case nothing tells)' : ''}`,
      ),
    );
  if (earliest !== undefined) lines.push('', `By itself at ${earliest} at the earliest.`);
  const offered = [...gates.flatMap(({ met, action }) => (met || action === undefined ? [] : [action])), ...actions];
  const unique = offered.filter(({ command }, index) => offered.findIndex((other) => other.command === command) === index);
  if (unique.length > 0)
    lines.push(
      '',
      'What you can do:',
      ...unique.map(({ what, command, who }) => `  ${what}${who === undefined ? '' : ` (${who})`}:\n    ${command}`),
    );
  return `${lines.join('\n')}\n`;
}
