export interface HttpRequest {
  method: string;
  url: string;
  headers?: Readonly<Record<string, string>> | undefined;
  body?: string | Uint8Array | undefined;
  /** A body that is too large for memory, in place of `body`. What it fails with is what the request fails with. */
  bodyFrom?: BodySource | undefined;
  /** Milliseconds for the whole exchange. */
  timeout: number;
  /** Milliseconds until the headers of an answer must have come. Default: only `timeout` counts. */
  headerTimeout?: number | undefined;
  /** Bytes of the body that are read; more is an error. Default 2 MiB. */
  maxBody?: number | undefined;
  insecureSkipTLSVerify?: boolean | undefined;
  /** Authorities (PEM) that may have signed the certificate of the server, in place of those that the system trusts. */
  ca?: string | undefined;
  /** URL of a proxy for this request alone. Default: the proxies of the environment. */
  proxy?: string | undefined;
  /** Default 10; more is an error. With 0 the redirecting answer itself is the result. */
  maxRedirects?: number | undefined;
  /**
   * Called with status and headers of the answer, redirects followed. What it returns takes the body as it comes (no more than `maxBody`
   * of it), and `body` of the response is empty then. What either throws is what the request fails with.
   */
  receive?: ((head: HttpResponseHead) => BodySink | undefined) | undefined;
  signal?: AbortSignal | undefined;
}

/** A body that can be read as often as it has to be sent. */
export interface BodySource {
  /** Bytes, exactly. */
  size: number;
  open(): AsyncIterable<Uint8Array>;
}

/** Takes a body piece by piece; the request is over when it is. Pieces that are not taken are not read from the network either. */
export type BodySink = (chunks: AsyncIterable<Uint8Array>) => Promise<void>;

export interface HttpResponseHead {
  status: number;
  /** Lower-case names; of several values a list with commas. */
  headers: Readonly<Record<string, string>>;
  /** Lower-case names; every value as it came. */
  headerValues?: Readonly<Record<string, readonly string[]>> | undefined;
}

export interface HttpResponse extends HttpResponseHead {
  body: Uint8Array;
}

/** HTTP as a port. Any answer is a result; fails with `HttpError` only when there is none. Link-local addresses are refused. */
export interface Http {
  send(request: HttpRequest): Promise<HttpResponse>;
}
