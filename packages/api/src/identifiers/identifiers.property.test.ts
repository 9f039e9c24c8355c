import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GitCommit, Image } from '../kinds/field-schemas.ts';
import { byteLength } from './bytes.ts';
import { collectionId } from './freight-collection.ts';
import { freightName } from './freight-name.ts';
import { normalizeGitURL } from './git-url.ts';
import { analysisRunName, promotionName } from './promotion-name.ts';
import { shorten } from './shorten.ts';
import { ulidGenerator } from './ulid.ts';

const ULID = '01k5c9r1x7e8m2n4p6q8s0t2v4';
const dnsName = fc.array(fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/), { minLength: 1, maxLength: 8 }).map((parts) =>
  parts
    .join('.')
    .slice(0, 253)
    .replace(/[.-]+$/, ''),
);
const sha = fc.stringMatching(/^[0-9a-f]{40}$/);

describe('identifiers, whatever they are made of', () => {
  it('shortened texts fit, and different long ones stay different', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        fc.string({ maxLength: 200 }),
        fc.integer({ min: 10, max: 253 }),
        (a, b, max) => {
          expect(byteLength(shorten(a, max).value)).toBeLessThanOrEqual(max);
          if (a !== b && byteLength(a) > max && byteLength(b) > max)
            expect(shorten(a, max).value).not.toBe(shorten(b, max).value);
        },
      ),
    );
  });

  it('[S35] names of Promotions and AnalysisRuns are valid names', () => {
    fc.assert(
      fc.property(dnsName, sha, (stage, hash) => {
        for (const name of [promotionName(stage, hash, ULID), analysisRunName(stage, ULID, hash)]) {
          expect(name.length).toBeLessThanOrEqual(253);
          expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
        }
      }),
    );
  });

  it('ULIDs rise whatever the clock does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { maxLength: 50 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (times, random) => {
          const clock = [...times];
          const next = ulidGenerator({ now: () => clock.shift() ?? 0, random: () => random.next().value ?? 0 });
          const made = times.map(() => next());
          expect(made).toEqual([...new Set(made)].toSorted());
        },
      ),
    );
  });

  it('the order of artifacts and of Freight does not matter', () => {
    const commit = fc.record<GitCommit>({ repoURL: fc.webUrl(), id: sha });
    const image = fc.record<Image>({ repoURL: fc.domain(), tag: fc.stringMatching(/^[a-z0-9]{1,8}$/), digest: sha });
    fc.assert(
      fc.property(fc.array(commit), fc.array(image), fc.array(sha), (commits, images, names) => {
        const origin = { kind: 'Warehouse' as const, name: 'w' };
        const name = freightName({ origin, commits, images });
        expect(freightName({ origin, commits: commits.toReversed(), images: images.toReversed() })).toBe(name);
        expect(collectionId(names.toReversed())).toBe(collectionId(names));
      }),
    );
  });

  it('any text is a URL that has some form, which is found without failing', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof normalizeGitURL(text) === 'string'));
    fc.assert(
      fc.property(fc.domain(), fc.stringMatching(/^[a-z0-9/_-]{1,20}[a-z0-9]$/), (domain, path) => {
        const form = normalizeGitURL(`https://kim:secret@${domain.toUpperCase()}/${path}.git/`);
        expect(form).toBe(`https://${domain}/${path}`);
        expect(normalizeGitURL(form)).toBe(form);
      }),
    );
  });
});
