import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
};

/** Nothing from elsewhere, no inline script, no framing: what comes out of the API can be shown but never run. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'; connect-src 'self'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'";

/**
 * Serves the built web UI of a folder: its files, and its page for every other path. Pages learn from their base element below which path
 * they are served. False if there is no page: then there is no UI.
 */
export async function serveDashboard(
  { dashboard: directory = '', basePath }: { dashboard: string | undefined; basePath: string },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  const path = decodeURIComponent(request.url.split('?', 1)[0] ?? '/');
  const file = path.endsWith('/') ? undefined : await readInside(directory, path);
  const found = file ?? (await readInside(directory, '/index.html'));
  if (found === undefined) return false;
  const isPage = file === undefined || extname(path) === '.html';
  void reply
    .header('content-security-policy', CONTENT_SECURITY_POLICY)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    // Built files carry a hash of their content in their names.
    .header('cache-control', isPage ? 'no-cache' : 'public, max-age=2592000')
    .type(isPage ? (TYPES['.html'] ?? '') : (TYPES[extname(path)] ?? 'application/octet-stream'));
  const content = isPage ? Buffer.from(found.toString('utf8').replace(BASE, `<base href="${escaped(basePath)}/"`)) : found;
  void reply.header('vary', 'Accept-Encoding');
  if (!COMPRESSED.has(isPage ? '.html' : extname(path)) || !acceptsGzip(request)) await reply.send(content);
  else await reply.header('content-encoding', 'gzip').send(await promisify(gzip)(content));
  return true;
}

/** What gets smaller; fonts and pictures are compressed already. */
const COMPRESSED = new Set(['.html', '.js', '.css', '.svg', '.json']);

function acceptsGzip({ headers }: FastifyRequest): boolean {
  return /(^|[\s,])gzip(?!\s*;\s*q=0(\.0*)?(\s|,|$))/.test(String(headers['accept-encoding'] ?? ''));
}

/** The element of the built page that says where it is served. */
const BASE = /<base href="[^"]*"/;

function escaped(path: string): string {
  return path.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
}

/** A file below a folder; nothing for what is not there or leads out of it. */
async function readInside(directory: string, path: string): Promise<Buffer | undefined> {
  try {
    const root = await realpath(directory);
    const file = await realpath(join(root, path));
    return file.startsWith(root + sep) ? await readFile(file) : undefined;
  } catch (error) {
    if (
      ['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'].includes(
        (error as NodeJS.ErrnoException).code ?? '',
      )
    )
      return undefined;
    throw error;
  }
}
