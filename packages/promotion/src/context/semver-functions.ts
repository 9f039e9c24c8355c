import { hostFunction, StructType, type HostFunction, type Struct, type StructMethod, type Value } from '@kargo/expr';
import { compareVersions, incrementVersion, parseVersion, tryParseVersion, type Version } from '@kargo/gocompat';

/** A version as expressions see it: its methods, and the text it renders as. */
const versionType: StructType = new StructType(
  'Version',
  [],
  [
    method('Major', 'int', ({ major }) => major),
    method('Minor', 'int', ({ minor }) => minor),
    method('Patch', 'int', ({ patch }) => patch),
    method('Prerelease', 'string', ({ prerelease }) => prerelease),
    method('Metadata', 'string', ({ metadata }) => metadata),
    method('String', 'string', String),
    method('Original', 'string', ({ original }) => original),
    ...(['major', 'minor', 'patch'] as const).map((level) =>
      method(`Inc${level.charAt(0).toUpperCase()}${level.slice(1)}`, 'any', (version) =>
        objectOf(incrementVersion(version, level)),
      ),
    ),
  ],
);

/** `semverDiff` and `semverParse`. */
export const semverFunctions: Readonly<Record<string, HostFunction>> = {
  semverDiff: hostFunction('semverDiff', { params: ['string', 'string'], result: 'string' }, ([a, b]) =>
    semverDiff(String(a), String(b)),
  ),
  semverParse: hostFunction('semverParse', { params: ['string'], result: versionType }, ([text]) =>
    objectOf(parseVersion(String(text))),
  ),
};

/** The most significant part in which two versions differ. Versions that differ in nothing but a prerelease count as `None`. */
export function semverDiff(a: string, b: string): 'Major' | 'Minor' | 'Patch' | 'Metadata' | 'None' | 'Incomparable' {
  const [left, right] = [tryParseVersion(a), tryParseVersion(b)];
  if (left === undefined || right === undefined) return 'Incomparable';
  if (left.major !== right.major) return 'Major';
  if (left.minor !== right.minor) return 'Minor';
  if (left.patch !== right.patch) return 'Patch';
  if (compareVersions(left, right) === 0 && left.metadata !== right.metadata) return 'Metadata';
  return 'None';
}

function method(name: string, result: 'int' | 'string' | 'any', read: (version: Version) => Value): StructMethod {
  return { name, signature: { params: [], result }, call: (self) => read(versionOf(self)) };
}

function objectOf(version: Version): Struct {
  return versionType.of({ original: version.original }, version.toString());
}

function versionOf(object: Struct): Version {
  return parseVersion(String(object.get('original')));
}
