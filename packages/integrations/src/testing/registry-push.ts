import { buildImage } from './image-builder.ts';
import type { ImageDescription } from './image-builder.ts';

/** Pushes a made-up image to any registry over its API. Returns the digest the tag now names. */
export async function pushOverHttp(
  url: string,
  repository: string,
  tag: string,
  description: ImageDescription = {},
  authorization?: string,
): Promise<string> {
  const image = buildImage(description);
  const send = async (method: string, address: string, body?: Buffer, type = 'application/octet-stream'): Promise<Response> => {
    const response = await fetch(address, {
      method,
      headers: { 'content-type': type, ...(authorization === undefined ? {} : { authorization }) },
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${address}: status ${response.status}: ${await response.text()}`);
    return response;
  };
  for (const blob of image.blobs) {
    const start = await send('POST', `${url}/v2/${repository}/blobs/uploads/`, Buffer.alloc(0));
    const location = new URL(start.headers.get('location') ?? '', url);
    location.searchParams.set('digest', blob.digest);
    await send('PUT', location.href, blob.content);
  }
  for (const manifest of image.manifests) {
    const reference = manifest.digest === image.digest ? tag : manifest.digest;
    await send('PUT', `${url}/v2/${repository}/manifests/${reference}`, manifest.content, manifest.mediaType);
  }
  return image.digest;
}
