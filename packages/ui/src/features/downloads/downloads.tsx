import { CopyField } from '../../components/copy-field.tsx';
import { useLoaded, useServices } from '../../services.ts';
import { Loaded } from '../settings/section.tsx';
import { useResource } from '../settings/use-resource.ts';
import { AppBar } from '../shell/app-bar.tsx';

interface Version {
  version: string;
  buildDate?: string;
  gitCommit?: string;
  platform: string;
}

/** How to get the command line, in the version of this server and from this server. */
export function Downloads(): React.ReactNode {
  const version = useResource<Version>('system/server-version');
  const { api } = useServices();
  const { value: isThere = true } = useLoaded(api.offersCli, [api]);
  const file = new URL('downloads/kargo.tgz', document.baseURI).href;
  const home = document.baseURI.replace(/\/$/, '');
  return (
    <div className="app">
      <AppBar />
      <main className="page narrow">
        <div className="page-head">
          <div>
            <h1>Command line</h1>
            <p className="muted">
              The program that this server runs, from this server: the same version, and nothing from elsewhere but its libraries.
            </p>
          </div>
        </div>
        <Loaded resource={version}>
          {({ version: name, gitCommit }) => (
            <section className="box user-box" aria-label="Install">
              <h2>
                Version {name}{' '}
                {gitCommit === undefined || gitCommit === '' ? null : (
                  <span className="muted mono small-text">{gitCommit.slice(0, 7)}</span>
                )}
              </h2>
              <h3>1. Install</h3>
              {isThere ? (
                <>
                  <p className="muted">
                    Linux, macOS or Windows, with npm. It brings its own Node.js on Linux; elsewhere Node.js 24 is needed.
                  </p>
                  <CopyField value={`npm install --global ${file}`} label="Command that installs" />
                  <p>
                    <a className="btn" href="downloads/kargo.tgz" download>
                      Download kargo.tgz
                    </a>
                  </p>
                </>
              ) : (
                <p className="notice-bar wait">
                  This server runs from a checkout that has no package of itself yet. In the checkout, npm run package makes it.
                </p>
              )}
              <h3>2. Sign in</h3>
              <CopyField value={`kargo login ${home}`} label="Command that signs in" />
              <h3>3. Look around</h3>
              <CopyField value="kargo get projects" label="Command that lists projects" />
            </section>
          )}
        </Loaded>
      </main>
    </div>
  );
}
