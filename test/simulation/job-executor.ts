/** Runs the Jobs of verifications on virtual time: containers sleep as long as they say, and end as the test says. */
import type { AttemptRequest, AttemptResult, JobExecutor } from '@kargo/analysis';
import type { Clock } from '@kargo/kube';

/** What a simulated machine makes of the attempts of Jobs. Survives the processes that start them; the attempts do not. */
export class SimulatedJobs {
  /** Attempts begun, by id. */
  readonly attempts: string[] = [];
  /** Says how an attempt ends. All succeed unless it is replaced. */
  verdict: (request: AttemptRequest) => AttemptResult = () => ({ kind: 'succeeded' });

  /** An executor on the clock of one process: what it runs dies with that process. */
  executor(clock: Clock): JobExecutor {
    return {
      name: 'simulated',
      run: async (request) => {
        this.attempts.push(request.id);
        for (const { command, args } of [...request.initContainers, ...request.containers]) {
          const [program, seconds] = [...command, ...args];
          if (program === 'sleep') await clock.sleep(Number(seconds) * 1000, { signal: request.signal });
        }
        return this.verdict(request);
      },
    };
  }
}
