import { realHttp, type Workspace } from '@kargo/integrations';
import { httpFixture, type HttpFixture } from '@kargo/integrations/testing';
import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runDeclared } from '../../testing/declared-outputs.ts';
import type { StepResult } from '../../step.ts';
import { somePorts, stepContext, temporaryWorkspaces } from '../../testing/run-fixture.ts';
import { httpDownload, type HttpDownloadConfig } from './http-download.ts';

const LIMIT = 100 * 1024 * 1024;
const port = realHttp();
let server: HttpFixture;
let serve: (response: ServerResponse) => void;
let seen: string[];
let workspace: Workspace;
let dispose: () => Promise<void>;

beforeAll(async () => {
  server = await httpFixture((request, response) => {
    seen.push(`${request.url} ${String(request.headers['x-token'])}`);
    if (request.url === '/moved') response.writeHead(302, { location: '/file' }).end('elsewhere');
    else serve(response);
  });
});
afterAll(async () => {
  port.close();
  await server.close();
});
beforeEach(async () => {
  seen = [];
  serve = (response) => response.end('content');
  const opened = await temporaryWorkspaces();
  dispose = opened.dispose;
  ({ workspace } = await opened.workspaces.open('p'));
});
afterEach(() => dispose());

const download = (config: Partial<HttpDownloadConfig> = {}, alias = 'step-1'): Promise<StepResult> =>
  runDeclared(
    httpDownload,
    stepContext<HttpDownloadConfig>(workspace, { url: `${server.url}/file`, outPath: 'out/file', ...config }, { alias }),
    somePorts({ http: port }),
  );
const read = async (path = 'out/file'): Promise<string | undefined> =>
  (await workspace.exists(path)) ? Buffer.from(await workspace.readFile(path)).toString() : undefined;

describe('http-download', () => {
  it('saves a file, with parameters, headers and redirects', async () => {
    const config = { queryParams: [{ name: 'a', value: 'b' }], headers: [{ name: 'X-Token', value: 't' }] };
    expect((await download({ ...config, outPath: '../deep/er/file' })).status).toBe('Succeeded');
    await download({ url: `${server.url}/moved`, outPath: 'moved' });
    expect([await read('deep/er/file'), await read('moved')]).toEqual(['content', 'content']);
    expect(seen).toEqual(['/file?a=b t', '/moved undefined', '/file undefined']);
  });

  it('saves an empty file', async () => {
    serve = (response) => response.end();
    await download();
    expect(await read()).toBe('');
  });

  it('leaves a file alone that was there before, unless told otherwise', async () => {
    await workspace.writeFile('out/file', 'old');
    await expect(download()).rejects.toMatchObject({ name: 'TerminalStepError', status: 'Errored' });
    expect([await read(), seen]).toEqual(['old', []]);
    await download({ allowOverwrite: true });
    expect(await read()).toBe('content');
  });

  it('writes its own file again after a crash, but not that of another step', async () => {
    await download();
    serve = (response) => response.end('again');
    await download();
    expect(await read()).toBe('again');
    await expect(download({}, 'other')).rejects.toThrow('there is a file at out/file already');
  });

  it('reports an answer that is none, and saves nothing', async () => {
    serve = (response) => response.writeHead(404).end('x'.repeat(100_000));
    expect(await download()).toMatchObject({ status: 'Failed', message: expect.stringContaining('404') as unknown });
    expect(await read()).toBeUndefined();
  });

  it('refuses for good what is announced to be too large', async () => {
    serve = (response) => void response.writeHead(200, { 'content-length': LIMIT + 1 }).write('x');
    await expect(download()).rejects.toMatchObject({ name: 'TerminalStepError', status: 'Failed' });
    expect(await read()).toBeUndefined();
  });

  it.each([
    [LIMIT, true],
    [LIMIT + 1, false],
  ])('takes %i bytes: %s', async (size, fits) => {
    serve = (response) => {
      const piece = Buffer.alloc(1024 * 1024);
      let left = size;
      const more = (): void => {
        while (left > 0) {
          const part = piece.subarray(0, Math.min(left, piece.length));
          left -= part.length;
          if (!response.write(part)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    };
    if (fits) {
      await download();
      expect((await workspace.readFile('out/file', { maxBytes: LIMIT })).length).toBe(LIMIT);
    } else {
      await expect(download()).rejects.toMatchObject({ name: 'HttpError', code: 'tooLarge' });
      expect(await workspace.exists('out/file')).toBe(false);
    }
  });

  it('leaves the old content when the connection breaks', async () => {
    await workspace.writeFile('out/file', 'old');
    serve = (response) => {
      response.write('half');
      setImmediate(() => response.destroy());
    };
    await expect(download({ allowOverwrite: true })).rejects.toMatchObject({ code: 'unreachable' });
    expect(await read()).toBe('old');
    expect((await workspace.list('out')).map(({ name }) => name)).toEqual(['file']);
  });

  it('keeps to its time', async () => {
    serve = (response) => void response.write('half');
    await expect(download({ timeout: '100ms' })).rejects.toMatchObject({ code: 'timeout' });
  });
});
