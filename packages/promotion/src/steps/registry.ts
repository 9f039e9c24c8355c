import type { StepRegistry } from '../engine/plan.ts';
import type { Step } from '../step.ts';
import { argoCDUpdate } from './argocd-update/argocd-update.ts';
import { composeOutput } from './compose-output/compose-output.ts';
import { copy } from './copy/copy.ts';
import { deleteFiles } from './delete/delete.ts';
import { fail } from './fail/fail.ts';
import { fileWrite } from './file-write/file-write.ts';
import { gitClear } from './git-clear/git-clear.ts';
import { gitClone } from './git-clone/git-clone.ts';
import { gitCommit } from './git-commit/git-commit.ts';
import { gitPush } from './git-push/git-push.ts';
import { gitTag } from './git-tag/git-tag.ts';
import { http } from './http/http.ts';
import { httpDownload } from './http-download/http-download.ts';
import { kustomizeBuild } from './kustomize-build/kustomize-build.ts';
import { kustomizeSetImage } from './kustomize-set-image/kustomize-set-image.ts';
import { tar } from './tar/tar.ts';
import { untar } from './untar/untar.ts';

/** The steps that come with Kargo. A new one is a folder and a line here. */
export const builtInSteps: readonly Step<never>[] = [
  argoCDUpdate,
  composeOutput,
  copy,
  deleteFiles,
  fail,
  fileWrite,
  gitClear,
  gitClone,
  gitCommit,
  gitPush,
  gitTag,
  http,
  httpDownload,
  kustomizeBuild,
  kustomizeSetImage,
  tar,
  untar,
];

/** A registry of steps by name. Two of one name are a programmer error. */
export function stepRegistry(steps: readonly Step<never>[] = builtInSteps): StepRegistry {
  const registry = new Map(steps.map((step) => [step.name, step]));
  if (registry.size !== steps.length) throw new Error('programmer error: two steps have the same name');
  return registry;
}
