import { ulidGenerator } from '@kargo/api';
import type { Clock, Random, Timer } from '@kargo/kube';
import type { AuditedObject, AuditEntry, AuditTrail } from './audit-trail.ts';

/** How long refusals are counted together, in milliseconds. */
const WINDOW = 60_000;
/** How many of one caller are written down in that time, one by one. */
const EACH = 30;
/** How many of all callers who did not prove who they are. */
const ANONYMOUS = 300;
/** How many are told apart in that time: of those who proved who they are, and of addresses. */
const CALLERS = 1000;
/** How many different objects an entry names that stands for several. */
const TARGETS = 10;
/** Stands for all beyond that, who must not be taken for one of them. */
const SEVERAL = 'several';

interface Count {
  written: number;
  /** The last one that was not written, and how many there were. */
  last?: AuditEntry | undefined;
  more: number;
  /** What those were about, the latest first, each once; of callers who proved who they are. */
  targets: readonly Target[];
}

interface Target {
  object: AuditedObject;
  project: string | undefined;
}

/**
 * A trail of which refusals cannot take all the room: of what is turned away from one caller (whoever proved who they are by that, others by
 * their address) the first {@link EACH} a minute are entries of their own, and the rest becomes one entry at its end, which is the last of
 * them, says in `repeated` how many it stands for, and of somebody who proved who they are names those of its Project among the
 * last {@link TARGETS} objects that they were about. However many addresses a flood comes from, it hides nothing of those who proved who
 * they are. What was done is always written. A process that is killed loses what it counted in that minute.
 */
export function boundedAuditTrail(
  trail: AuditTrail,
  { clock, random }: { clock: Clock; random: Pick<Random, 'next'> },
): AuditTrail {
  const ulid = ulidGenerator({ now: () => clock.now(), random: random.next });
  let actors = new Map<string, Count>();
  let addresses = new Map<string, Count>();
  let anonymous = 0;
  let timer: Timer | undefined;

  function tellRest(): void {
    timer?.cancel();
    timer = undefined;
    anonymous = 0;
    const [byActor, byAddress] = [actors, addresses];
    [actors, addresses] = [new Map(), new Map()];
    const tell = (last: AuditEntry, repeated: number): void =>
      trail.append({ ...last, id: ulid(), time: new Date(clock.now()).toISOString(), repeated });
    for (const [actor, { last, more, targets }] of byActor) {
      if (last === undefined) continue;
      // Whoever may read about one Project must not learn from it what there is in another.
      const objects = targets.filter(({ project }) => project === last.project).map(({ object }) => object);
      tell({ ...last, actor, objects }, more);
    }
    for (const [address, { last, more }] of byAddress)
      if (last !== undefined) tell({ ...last, source: { ...last.source, address } }, more);
  }

  return {
    append(entry) {
      const isAnonymous = entry.identity === 'anonymous';
      if (entry.result === 'done' || (entry.result === 'failed' && !isAnonymous)) return trail.append(entry);
      timer ??= clock.setTimer(clock.now() + WINDOW, tellRest);
      const counts = isAnonymous ? addresses : actors;
      const caller = isAnonymous ? entry.source.address : entry.actor;
      const key = counts.has(caller) || counts.size < CALLERS ? caller : SEVERAL;
      const count = counts.get(key) ?? { written: 0, more: 0, targets: [] };
      counts.set(key, count);
      if (count.written < EACH && (!isAnonymous || anonymous < ANONYMOUS)) {
        count.written += 1;
        if (isAnonymous) anonymous += 1;
        return trail.append(entry);
      }
      count.last = entry;
      count.more += 1;
      if (!isAnonymous) count.targets = withTargetsOf(entry, count.targets);
      return undefined;
    },
    read: (query) => trail.read(query),
    flush() {
      tellRest();
      return trail.flush();
    },
  };
}

function withTargetsOf({ objects, project }: AuditEntry, earlier: readonly Target[]): Target[] {
  const targets = new Map<string, Target>();
  for (const target of [...objects.map((object) => ({ object, project })), ...earlier]) {
    const { kind, namespace = '', name = '' } = target.object;
    const key = `${kind}/${namespace}/${name}`;
    if (!targets.has(key)) targets.set(key, target);
    if (targets.size >= Math.max(TARGETS, objects.length)) break;
  }
  return [...targets.values()];
}
