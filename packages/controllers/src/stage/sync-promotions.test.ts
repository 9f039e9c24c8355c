import { annotations, type Promotion, type StageStatus } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { aPromotion } from '../availability/fixtures.ts';
import { aCollection, conditionText, runStep } from './fixtures.ts';
import { syncPromotions } from './sync-promotions.ts';

const at = (minute: number): string => `2026-01-01T10:${String(minute).padStart(2, '0')}:00Z`;
const ended = (
  name: string,
  minute: number,
  phase = 'Succeeded',
  more: Partial<NonNullable<Promotion['status']>> = {},
): Promotion =>
  aPromotion(name, {
    freight: `f-${name}`,
    created: at(minute),
    status: { phase, startedAt: at(minute), finishedAt: at(minute), freightCollection: aCollection(`f-${name}`), ...more },
  });
const names = (status: StageStatus): unknown => status.freightHistory?.map(({ items }) => items?.['Warehouse/app']?.name);

describe('taking note of Promotions that ended', () => {
  it('nothing happens while the current one runs, not even to others that ended', async () => {
    const status = { currentPromotion: { name: 'a' } };
    const promotions = [aPromotion('a', { status: { phase: 'Running' } }), ended('b', 1, 'Aborted')];
    const pass = await runStep(syncPromotions, { status, promotions });
    expect(pass.status).toEqual({ currentPromotion: { name: 'a' } });
  });

  it('a success is deployed, and is to be checked and verified', async () => {
    const status = { currentPromotion: { name: 'a' }, health: { status: 'Healthy' }, freightHistory: [aCollection('old')] };
    const pass = await runStep(syncPromotions, { status, promotions: [ended('a', 1)] });
    expect(names(pass.status)).toEqual(['f-a', 'old']);
    expect(pass.status.health).toBeUndefined();
    expect(pass.status.currentPromotion).toBeUndefined();
    expect(pass.notes.deployed).toBe(true);
    expect(conditionText(pass, 'Healthy')).toBe('Unknown/WaitingForHealthCheck');
    expect(conditionText(pass, 'Verified')).toBe('Unknown/WaitingForVerification');
  });

  it('several are replayed in the order in which they ended', async () => {
    const promotions = [ended('c', 1), ended('a', 2), ended('b', 3, 'Failed')];
    const pass = await runStep(syncPromotions, { promotions });
    expect(names(pass.status)).toEqual(['f-a', 'f-c']);
    expect(pass.status.lastPromotion).toMatchObject({ name: 'b', status: { phase: 'Failed' } });
  });

  it('none is replayed twice', async () => {
    const promotions = [ended('a', 1), ended('b', 2, 'Failed')];
    const { status } = await runStep(syncPromotions, { promotions });
    const again = await runStep(syncPromotions, { status: structuredClone(status), promotions });
    expect(again.status).toEqual(status);
  });

  it('the same collection again is a new entry with a history of its own, and at most ten are kept', async () => {
    const promotions = Array.from({ length: 12 }, (_, i) =>
      ended(`p${i}`, i, 'Succeeded', { freightCollection: aCollection('same', [{ id: 'x', phase: 'Successful' }]) }),
    );
    const { status } = await runStep(syncPromotions, { promotions });
    expect(status.freightHistory).toHaveLength(10);
    expect(status.freightHistory?.[0]).toEqual(aCollection('same'));
  });

  it('one that was aborted before it began inherits the collection of the one before, if it was its turn', async () => {
    const status = {
      currentPromotion: { name: 'b' },
      processedPromotions: ['a'],
      lastPromotion: { name: 'a', status: { freightCollection: aCollection('fa') } },
    };
    const aborted = aPromotion('b', { status: { phase: 'Aborted', finishedAt: at(2) } });
    const pass = await runStep(syncPromotions, { status, promotions: [aborted] });
    expect(pass.status.lastPromotion).toMatchObject({
      name: 'b',
      status: { phase: 'Aborted', freightCollection: { id: 'id-fa' } },
    });
  });

  it('one that was aborted in the queue changes nothing', async () => {
    const status: StageStatus = { processedPromotions: ['a'], lastPromotion: { name: 'a', status: { phase: 'Succeeded' } } };
    const pass = await runStep(syncPromotions, {
      status,
      promotions: [aPromotion('b', { status: { phase: 'Aborted', finishedAt: at(2) } })],
    });
    expect(pass.status).toEqual({
      processedPromotions: ['a', 'b'],
      lastPromotion: { name: 'a', status: { phase: 'Succeeded' } },
    });
  });

  it('a current one that is gone is forgotten', async () => {
    const pass = await runStep(syncPromotions, { status: { currentPromotion: { name: 'gone' } } });
    expect(pass.status.currentPromotion).toBeUndefined();
  });

  it('holds follow, and go when automation is off', async () => {
    const hold = ended('a', 1);
    hold.metadata.annotations = { [annotations.autoPromotionHold]: 'Warehouse/app' };
    const { status } = await runStep(syncPromotions, { promotions: [hold], autoPromotionEnabled: true });
    expect(status.autoPromotionHolds).toMatchObject({ 'Warehouse/app': { promotionName: 'a', freightName: 'f-a' } });
    const off = await runStep(syncPromotions, { status, promotions: [hold] });
    expect(off.status.autoPromotionHolds).toBeUndefined();
  });
});
