import { keyOf, originKey, type Freight, type Stage } from '@kargo/api';
import { isFreightAvailable, nextAvailabilityChange } from '../availability/availability.ts';
import { isVerifiedIn } from '../availability/soak.ts';
import { instant, type Gate } from './explanation.ts';

/** For each origin of a Stage without promotion steps: what it has not passed on yet, and what lets that through. */
export function passingGates({ stage, freight, now }: { stage: Stage; freight: readonly Freight[]; now: number }): Gate[] {
  const { name } = keyOf(stage);
  return stage.spec.requestedFreight.map(({ origin }): Gate => {
    const key = originKey(origin);
    const gate = `Freight of ${key}`;
    const rest = freight.filter((each) => originKey(each.origin) === key && !isVerifiedIn(each, name));
    const available = rest.filter((each) => isFreightAvailable(stage, each, now).available);
    if (available.length > 0)
      return {
        name: gate,
        met: false,
        fact: `${count(available.length)} can be passed on`,
        awaits: 'the controller looks at the Stage',
      };
    const next = nextAvailabilityChange(stage, rest, now);
    if (next !== undefined)
      return { name: gate, met: false, fact: `${count(rest.length)} not passed on; some soak before it`, opensAt: instant(next) };
    if (rest.length === 0) return { name: gate, met: true, fact: 'all there is was passed on' };
    return { name: gate, met: true, fact: `all that is available was passed on; ${count(rest.length)} not verified before it` };
  });
}

function count(pieces: number): string {
  return `${pieces} ${pieces === 1 ? 'piece' : 'pieces'} of Freight`;
}
