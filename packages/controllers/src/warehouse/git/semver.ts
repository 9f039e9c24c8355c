import { versionTags } from '../tag-rules.ts';
import { tagStrategy } from './tag-strategy.ts';

/** Tags that are versions, highest first. */
export const semVer = tagStrategy((tags, { semverConstraint: constraint, strictSemvers: strict = true }) => {
  const byName = new Map(tags.map((tag) => [tag.name, tag]));
  return versionTags([...byName.keys()], { constraint, strict, field: 'semverConstraint' }).flatMap(
    (name) => byName.get(name) ?? [],
  );
});
