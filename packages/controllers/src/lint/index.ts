export { hasShape } from './object-shape.ts';
export { pipelineFindings, stepFindings, taskFindings, type KnownTasks, type ObjectFinding } from './object-findings.ts';
