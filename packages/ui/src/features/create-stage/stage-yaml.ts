export interface StageForm {
  name: string;
  warehouse: string;
  direct: boolean;
  upstreams: readonly string[];
  /** A YAML list. */
  steps: string;
  /** Name of an AnalysisTemplate; empty for none. */
  analysisTemplate: string;
}

/** The manifest that a form describes. Names are quoted where YAML would read them as something else. */
export function stageYaml(project: string, { name, warehouse, direct, upstreams, steps, analysisTemplate }: StageForm): string {
  const sources = direct ? ['      direct: true'] : ['      stages:', ...upstreams.map((each) => `        - ${quoted(each)}`)];
  const body = steps
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `        ${line}`));
  return [
    'apiVersion: kargo.akuity.io/v1alpha1',
    'kind: Stage',
    'metadata:',
    `  name: ${quoted(name)}`,
    `  namespace: ${quoted(project)}`,
    'spec:',
    '  requestedFreight:',
    '    - origin:',
    '        kind: Warehouse',
    `        name: ${quoted(warehouse)}`,
    '      sources:',
    ...sources.map((line) => `  ${line}`),
    ...(steps.trim() === '' ? [] : ['  promotionTemplate:', '    spec:', '      steps:', ...body]),
    ...(analysisTemplate === ''
      ? []
      : ['  verification:', '    analysisTemplates:', `      - name: ${quoted(analysisTemplate)}`]),
    '',
  ].join('\n');
}

function quoted(text: string): string {
  return /^[a-z][a-z0-9.-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/.test(text) ? text : JSON.stringify(text);
}
