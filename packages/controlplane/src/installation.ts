import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where the parts lie that are no code: the same program runs from a checkout and from an installed package. */
export interface Installation {
  /** The built web UI. */
  dashboard: string;
  /** kubectl and helm, if they were brought along. */
  tools: string;
}

/** The installation that the file in `directory` belongs to. An installed package has its UI beside its code. */
export function installationAt(directory: string): Installation {
  for (let at = directory; dirname(at) !== at; at = dirname(at)) {
    if (existsSync(join(at, 'packages', 'ui')))
      return { dashboard: join(at, 'packages', 'ui', 'dist'), tools: join(at, '.tools') };
    // The sources of the UI have a page too, which shows nothing before it is built; they are a package, what was built is none.
    if (existsSync(join(at, 'ui', 'index.html')) && !existsSync(join(at, 'ui', 'package.json')))
      return { dashboard: join(at, 'ui'), tools: join(at, 'tools') };
  }
  return { dashboard: join(directory, 'ui'), tools: join(directory, 'tools') };
}
