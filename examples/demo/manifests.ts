import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryFiles } from './repository.ts';

/** Addresses as the documentation writes them, and what stands for them here. */
export interface Addresses {
  /** Instead of `https://github.com/example/repo.git`. */
  repository: string;
  /** Instead of `public.ecr.aws/nginx/nginx`. */
  image: string;
}

const localize = (text: string, { repository, image }: Addresses): string =>
  text.replaceAll('https://github.com/example/repo.git', repository).replaceAll('public.ecr.aws/nginx/nginx', image);

/** A manifest of the pipeline with the addresses put in. */
export async function manifest(name: 'project' | 'stages' | 'applications', addresses: Addresses): Promise<string> {
  return localize(await readFile(join(import.meta.dirname, 'pipeline', `${name}.yaml`), 'utf8'), addresses);
}

/** The files of the git repository with the addresses put in. */
export function localizedRepository(addresses: Addresses): Record<string, string> {
  return Object.fromEntries(Object.entries(repositoryFiles).map(([path, text]) => [path, localize(text, addresses)]));
}
