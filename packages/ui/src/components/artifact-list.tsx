import type { FreightReference } from '@kargo/api';
import { chartLink, commitLink, imageLink, webAddress } from '../pipeline/links.ts';
import { Copyable } from './copyable.tsx';
import { Icon } from './icon.tsx';

/** What is in Freight, with links to where it is. */
export function ArtifactList({ freight }: { freight: FreightReference }): React.ReactNode {
  const { images, commits, charts, artifacts } = freight;
  return (
    <ul className="list artifact-list" aria-label="Artifacts">
      {(images ?? []).map(({ repoURL = '', tag, digest }) => (
        <li key={`image ${repoURL}`}>
          <Icon name="image" />
          <span className="grow-text">
            <External href={imageLink(repoURL)}>{repoURL}</External> <span className="ver">{tag}</span>
            {digest === undefined || digest === '' ? null : (
              <span className="subject">
                <Copyable text={digest} what="the digest">
                  <span className="mono">{digest.slice(0, 19)}</span>
                </Copyable>
              </span>
            )}
          </span>
        </li>
      ))}
      {(commits ?? []).map(({ repoURL = '', id = '', message, author, branch, tag }) => (
        <li key={`commit ${repoURL}`}>
          <Icon name="git" />
          <span className="grow-text">
            <External href={webAddress(repoURL)}>{repoURL}</External>{' '}
            <External href={commitLink(repoURL, id)}>
              <span className="ver">{tag === undefined || tag === '' ? id.slice(0, 7) : tag}</span>
            </External>
            <span className="subject">
              {message}
              {author === undefined || author === '' ? '' : `, by ${author}`}
              {branch === undefined || branch === '' ? '' : `, on ${branch}`}
            </span>
          </span>
        </li>
      ))}
      {(charts ?? []).map(({ repoURL = '', name = '', version }) => (
        <li key={`chart ${repoURL} ${name}`}>
          <Icon name="chart" />
          <span className="grow-text">
            <External href={chartLink(repoURL)}>
              {repoURL} {name}
            </External>{' '}
            <span className="ver">{version}</span>
          </span>
        </li>
      ))}
      {(artifacts ?? []).map(({ subscriptionName, version }) => (
        <li key={`artifact ${subscriptionName}`}>
          <Icon name="artifact" />
          <span className="grow-text">
            {subscriptionName} <span className="ver">{version}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}

/** A link out of here where there is one. */
export function External({ href, children }: { href: string | undefined; children: React.ReactNode }): React.ReactNode {
  return href === undefined ? (
    <span className="mono">{children}</span>
  ) : (
    <a className="mono" href={href} target="_blank" rel="noreferrer">
      {children}
    </a>
  );
}
