import { isReceiverPath } from '../receivers/receiver-path.ts';

/** Where requests end up that are not below the base path: there is nothing there. */
const OUTSIDE = '/.outside';
/** Asked for by machines that know nothing of the base path. */
const EVERYWHERE = new Set(['/healthz', '/readyz', '/metrics']);

/** A base path with a slash before it and none behind; empty for none. */
export function normalBasePath(text: string | undefined): string {
  const path = (text ?? '').trim().replaceAll(/^\/+|\/+$/g, '');
  return path === '' ? '' : `/${path}`;
}

/** The address of a request as routes know it, without the base path. */
export function withoutBasePath(url: string, basePath: string): string {
  const [path = ''] = url.split('?', 1);
  // Paths of receivers are published as a whole, and belong to them alone.
  if (basePath === '' || isReceiverPath(path)) return url;
  if (path === basePath || path.startsWith(`${basePath}/`)) {
    const rest = url.slice(basePath.length);
    return rest.startsWith('/') ? rest : `/${rest}`;
  }
  return EVERYWHERE.has(path) ? url : `${OUTSIDE}${url}`;
}
