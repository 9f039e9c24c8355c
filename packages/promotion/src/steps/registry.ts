import type { StepRegistry } from '../engine/plan.ts';
import type { Step } from '../step.ts';
import { argoCDUpdate } from './argocd-update/argocd-update.ts';
import { argoCDWait } from './argocd-wait/argocd-wait.ts';
import { composeOutput } from './compose-output/compose-output.ts';
import { copy } from './copy/copy.ts';
import { deleteFiles } from './delete/delete.ts';
import { fail } from './fail/fail.ts';
import { fileWrite } from './file-write/file-write.ts';
import { gitClear } from './git-clear/git-clear.ts';
import { gitClone } from './git-clone/git-clone.ts';
import { gitCommit } from './git-commit/git-commit.ts';
import { gitMergePR } from './git-merge-pr/git-merge-pr.ts';
import { gitOpenPR } from './git-open-pr/git-open-pr.ts';
import { gitPush } from './git-push/git-push.ts';
import { gitTag } from './git-tag/git-tag.ts';
import { gitWaitForPR } from './git-wait-for-pr/git-wait-for-pr.ts';
import { githubPush } from './github-push/github-push.ts';
import { helmTemplate } from './helm-template/helm-template.ts';
import { helmUpdateChart } from './helm-update-chart/helm-update-chart.ts';
import { http } from './http/http.ts';
import { httpDownload } from './http-download/http-download.ts';
import { jsonParse } from './json-parse/json-parse.ts';
import { jsonUpdate } from './json-update/json-update.ts';
import { kustomizeBuild } from './kustomize-build/kustomize-build.ts';
import { kustomizeSetImage } from './kustomize-set-image/kustomize-set-image.ts';
import { ociDownload } from './oci-download/oci-download.ts';
import { ociPush } from './oci-push/oci-push.ts';
import { setFreightAlias } from './set-freight-alias/set-freight-alias.ts';
import { setMetadata } from './set-metadata/set-metadata.ts';
import { tar } from './tar/tar.ts';
import { tomlParse } from './toml-parse/toml-parse.ts';
import { tomlUpdate } from './toml-update/toml-update.ts';
import { untar } from './untar/untar.ts';
import { yamlMerge } from './yaml-merge/yaml-merge.ts';
import { yamlParse } from './yaml-parse/yaml-parse.ts';
import { yamlUpdate } from './yaml-update/yaml-update.ts';

/** The steps that come with Kargo. A new one is a folder and a line here. */
export const builtInSteps: readonly Step<never>[] = [
  argoCDUpdate,
  argoCDWait,
  composeOutput,
  copy,
  deleteFiles,
  fail,
  fileWrite,
  gitClear,
  gitClone,
  gitCommit,
  gitMergePR,
  gitOpenPR,
  gitPush,
  gitTag,
  gitWaitForPR,
  githubPush,
  helmTemplate,
  helmUpdateChart,
  http,
  httpDownload,
  jsonParse,
  jsonUpdate,
  kustomizeBuild,
  kustomizeSetImage,
  ociDownload,
  ociPush,
  setFreightAlias,
  setMetadata,
  tar,
  tomlParse,
  tomlUpdate,
  untar,
  yamlMerge,
  yamlParse,
  yamlUpdate,
];

/** A registry of steps by name. Two of one name are a programmer error. */
export function stepRegistry(steps: readonly Step<never>[] = builtInSteps): StepRegistry {
  const registry = new Map(steps.map((step) => [step.name, step]));
  if (registry.size !== steps.length) throw new Error('programmer error: two steps have the same name');
  return registry;
}
