/** Follows a pipeline through the API and tells what happens, in words. */
import { Freight, Promotion, Stage, type Promotion as PromotionObject, type Stage as StageObject } from '@kargo/api';
import type { Client } from '@kargo/kube';
import type { Screen } from './screen.ts';

export class PipelineView {
  readonly #client: Client;
  readonly #screen: Screen;
  readonly #project: string;
  readonly #stageNames: readonly string[];
  readonly #freight = new Map<string, Freight>();
  readonly #stages = new Map<string, StageObject>();
  readonly #promotions = new Map<string, PromotionObject>();
  readonly #told = new Set<string>();
  readonly #changed = new Set<() => void>();
  #abort = new AbortController();

  constructor(options: { client: Client; screen: Screen; project: string; stages: readonly string[] }) {
    this.#client = options.client;
    this.#screen = options.screen;
    this.#project = options.project;
    this.#stageNames = options.stages;
  }

  /** Begins to tell; again after {@link stop}. */
  start(): void {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const follow = async <T extends { metadata: { name?: string | undefined } }>(
      watch: AsyncIterable<unknown>,
      keep: Map<string, T>,
    ): Promise<void> => {
      for await (const event of watch as AsyncIterable<{ type: string; object: T }>) {
        if (event.type === 'BOOKMARK') continue;
        if (event.type === 'DELETED') keep.delete(event.object.metadata.name ?? '');
        else keep.set(event.object.metadata.name ?? '', event.object);
        this.#look();
      }
    };
    const options = { namespace: this.#project, signal };
    const ended = (error: unknown): void => {
      if (!this.#abort.signal.aborted)
        this.#screen.line(`  the view of the pipeline was lost: ${error instanceof Error ? error.message : String(error)}`);
    };
    follow(this.#client.watch(Freight, options), this.#freight).catch(ended);
    follow(this.#client.watch(Stage, options), this.#stages).catch(ended);
    follow(this.#client.watch(Promotion, options), this.#promotions).catch(ended);
  }

  stop(): void {
    this.#abort.abort();
    this.#screen.panel([]);
  }

  /** The Freight that carries an image tag, once it exists. */
  async freightWithTag(tag: string, timeout: number): Promise<Freight> {
    return this.#until(timeout, `freight with tag ${tag}`, () =>
      [...this.#freight.values()].find(({ images }) => images?.[0]?.tag === tag),
    );
  }

  /** Waits until Freight is verified in a Stage. Fails, saying how the Stage stands, after `timeout` milliseconds. */
  async verified(freight: string, stage: string, timeout: number): Promise<void> {
    await this.#until(
      timeout,
      `${short(freight)} verified in ${stage}`,
      () => this.#freight.get(freight)?.status?.verifiedIn?.[stage],
    );
  }

  #until<T>(timeout: number, what: string, find: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#changed.delete(check);
        reject(new Error(`waited ${timeout / 1000} s in vain for ${what}\n${this.#diagnosis()}`));
      }, timeout);
      const check = (): void => {
        const found = find();
        if (found === undefined) return;
        clearTimeout(timer);
        this.#changed.delete(check);
        resolve(found);
      };
      this.#changed.add(check);
      check();
    });
  }

  #diagnosis(): string {
    const promotions = [...this.#promotions.values()].map(
      ({ metadata, status }) => `promotion ${metadata.name}: ${status?.phase} ${status?.message ?? ''}`,
    );
    const stages = [...this.#stages.values()].map(
      ({ metadata, status }) =>
        `stage ${metadata.name}: ${status?.phase ?? ''} ${(status?.conditions ?? []).map(({ type, status: value, reason, message }) => `${type}=${value}/${reason} ${message}`).join('; ')}`,
    );
    return [...promotions, ...stages].join('\n');
  }

  #look(): void {
    for (const freight of [...this.#freight.values()].toSorted(byName)) {
      const image = freight.images?.[0];
      this.#once(
        `freight ${freight.metadata.name}`,
        () =>
          `${this.#mark('●', 'magenta')} found freight ${this.#name(freight.metadata.name)} (${freight.alias}): image tag ${this.#screen.style('bold', image?.tag ?? '')}`,
      );
      for (const stage of Object.keys(freight.status?.verifiedIn ?? {}).toSorted()) {
        this.#once(
          `verified ${freight.metadata.name} ${stage}`,
          () => `${this.#mark('✔', 'green')} ${stage}: freight ${this.#name(freight.metadata.name)} verified`,
        );
      }
    }
    for (const promotion of [...this.#promotions.values()].toSorted(byName)) this.#tellPromotion(promotion);
    for (const stage of this.#stages.values()) this.#tellStage(stage);
    this.#screen.panel(['', ...this.#stageNames.map((name) => this.#stageLine(name))]);
    for (const check of this.#changed) check();
  }

  #tellPromotion({ metadata, spec, status }: PromotionObject): void {
    const freight = this.#name(spec.freight);
    if (status?.phase === 'Running')
      this.#once(`running ${metadata.name}`, () => `${this.#mark('▸', 'blue')} ${spec.stage}: promoting freight ${freight}`);
    if (status?.phase === 'Succeeded') {
      const commit = (status.state?.['commit'] as { commit?: string } | undefined)?.commit;
      this.#once(
        `done ${metadata.name}`,
        () =>
          `${this.#mark('✔', 'green')} ${spec.stage}: promoted freight ${freight}${commit === undefined ? '' : `, commit ${commit.slice(0, 7)} on stage/${spec.stage}`}`,
      );
    }
    if (status?.phase === 'Failed' || status?.phase === 'Errored')
      this.#once(
        `failed ${metadata.name}`,
        () => `${this.#mark('✘', 'red')} ${spec.stage}: promotion ${metadata.name} ${status.phase}: ${status.message}`,
      );
  }

  #tellStage({ metadata, status }: StageObject): void {
    const verification = status?.freightHistory?.[0]?.verificationHistory?.[0];
    if (verification?.id === undefined || verification.phase === 'Successful') return;
    this.#once(`verifying ${verification.id} ${verification.phase === 'Pending' ? 'Running' : verification.phase}`, () =>
      verification.phase === 'Pending' || verification.phase === 'Running'
        ? `${this.#mark('▸', 'blue')} ${metadata.name}: healthy, verifying (${verification.analysisRun?.name ?? 'no analysis'})`
        : `${this.#mark('✘', 'red')} ${metadata.name}: verification ${verification.phase}: ${verification.message ?? ''}`,
    );
  }

  #stageLine(name: string): string {
    const status = this.#stages.get(name)?.status;
    const label = `  ${this.#screen.style('bold', name.padEnd(5))}`;
    const tag = Object.values(status?.freightHistory?.[0]?.items ?? {})[0]?.images?.[0]?.tag;
    const running = this.#promotions.get(status?.currentPromotion?.name ?? '');
    if (running !== undefined) {
      const index = running.status?.currentStep ?? 0;
      const step = running.spec.steps[index];
      return `${label} {spin} promoting ${short(running.spec.freight)}  step ${index + 1} of ${running.spec.steps.length}: ${step?.uses ?? ''}`;
    }
    const verification = status?.freightHistory?.[0]?.verificationHistory?.[0];
    if (tag === undefined) return `${label} ${this.#screen.style('dim', '· nothing deployed yet')}`;
    if (verification?.phase === 'Successful')
      return `${label} ${this.#mark('✔', 'green')} ${tag}  ${this.#screen.style('dim', 'verified')}`;
    if (verification === undefined) return `${label} {spin} ${tag}  becoming healthy (${status?.health?.status ?? 'Unknown'})`;
    return `${label} {spin} ${tag}  verifying (${verification.phase})`;
  }

  #once(key: string, text: () => string): void {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#screen.line(`  ${text()}`);
  }

  #mark(sign: string, colour: 'green' | 'red' | 'blue' | 'magenta'): string {
    return this.#screen.style(colour, sign);
  }

  #name(freight: string | undefined): string {
    return this.#screen.style('bold', short(freight));
  }
}

function short(freight: string | undefined): string {
  return (freight ?? '').slice(0, 7);
}

function byName(a: { metadata: { name?: string | undefined } }, b: { metadata: { name?: string | undefined } }): number {
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
}
