/** Contract suites, fault injection and simulation. Imported by tests only. */
export { describeClientContract } from './contract/client-contract.ts';
export type { ContractSkip } from './contract/client-contract.ts';
export { contractKinds, Gadget, Widget } from './contract/subject.ts';
export type { ContractSubject } from './contract/subject.ts';
export { interceptClient } from './intercept-client.ts';
export type { ClientCall, ClientHooks } from './intercept-client.ts';
export { crashAt, crashRandomly, Simulation } from './simulation/simulation.ts';
export type { RunOptions, SimulationOptions } from './simulation/simulation.ts';
export { SimulatedCrash, SimulatedProcess } from './simulation/simulated-process.ts';
export type { CrashPlan, CrashPoint } from './simulation/simulated-process.ts';
export { Trace } from './simulation/trace.ts';
