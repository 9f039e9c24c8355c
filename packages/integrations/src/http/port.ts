export interface HttpRequest {
  method: string;
  url: string;
  headers?: Readonly<Record<string, string>> | undefined;
  body?: string | Uint8Array | undefined;
  /** Milliseconds for the whole exchange. */
  timeout: number;
  /** Milliseconds until the headers of an answer must have come. Default: only `timeout` counts. */
  headerTimeout?: number | undefined;
  /** Bytes of the body that are read; more is an error. Default 2 MiB. */
  maxBody?: number | undefined;
  insecureSkipTLSVerify?: boolean | undefined;
  /** Default 10; more is an error. With 0 the redirecting answer itself is the result. */
  maxRedirects?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  status: number;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

/** HTTP as a port. Any answer is a result; fails with `HttpError` only when there is none. Link-local addresses are refused. */
export interface Http {
  send(request: HttpRequest): Promise<HttpResponse>;
}
