import type { SimulatedFileSystem } from './file-system.ts';
import type { Tree } from './git-objects.ts';

/** Turns the files of `from` below `folder` into those of `to`. */
export function writeTree(files: SimulatedFileSystem, folder: string, from: Tree, to: Tree): void {
  for (const path of from.keys()) {
    if (to.has(path)) continue;
    files.remove(`${folder}/${path}`);
    // Git knows no empty folders.
    for (
      let parent = parentOf(path);
      parent !== '' && files.list(`${folder}/${parent}`).length === 0;
      parent = parentOf(parent)
    ) {
      files.remove(`${folder}/${parent}`);
    }
  }
  for (const [path, content] of to) if (from.get(path) !== content) files.write(`${folder}/${path}`, content);
  files.makeFolder(folder);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}
