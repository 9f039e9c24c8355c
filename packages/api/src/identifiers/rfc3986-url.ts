/**
 * URLs as Go's net/url reads and writes them: by RFC 3986, keeping default ports, an escaped path as it was written, a lone `?` and `..`.
 * Names of Freight depend on these bytes. Works on byte strings (see {@link toByteString}).
 */

export interface ParsedURL {
  scheme: string;
  opaque: string;
  user: { name: string; password: string | undefined } | undefined;
  host: string;
  /** Decoded. */
  path: string;
  /** As written, where that is not how `path` is written by default. */
  rawPath: string;
  omitHost: boolean;
  forceQuery: boolean;
  rawQuery: string;
  /** Decoded. */
  fragment: string;
  rawFragment: string;
}

type Part = 'path' | 'userPassword' | 'host' | 'fragment' | 'queryComponent';

const UNRESERVED = /^[A-Za-z0-9\-_.~]$/;
/** Reserved characters that need no escaping in a part. */
const ALLOWED: Record<Part, string> = {
  path: '$&+,/:;=@',
  userPassword: '$&+,;=',
  host: '!$&\'()*+,;=:[]<>"',
  fragment: '$&+,/:;=?@!()*',
  queryComponent: '',
};

function mustEscape(byte: string, part: Part): boolean {
  return !UNRESERVED.test(byte) && !ALLOWED[part].includes(byte);
}

function escape(bytes: string, part: Part): string {
  let out = '';
  for (const byte of bytes) {
    out += mustEscape(byte, part) ? `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}` : byte;
  }
  return out;
}

/** Absent if an escape is malformed or, in a host, something must not be there. */
function unescape(bytes: string, part: Part): string | undefined {
  let out = '';
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] ?? '';
    if (byte === '%') {
      const hex = bytes.slice(i + 1, i + 3);
      if (!/^[0-9A-Fa-f]{2}$/.test(hex)) return undefined;
      const code = Number.parseInt(hex, 16);
      if (part === 'host' && code < 0x80 && hex !== '25') return undefined;
      out += String.fromCharCode(code);
      i += 2;
    } else if (part === 'host' && byte.charCodeAt(0) < 0x80 && mustEscape(byte, part)) {
      return undefined;
    } else {
      out += part === 'queryComponent' && byte === '+' ? ' ' : byte;
    }
  }
  return out;
}

function isValidEncoding(bytes: string, part: 'path' | 'fragment'): boolean {
  return bytes.split('').every((byte) => "!$&'()*+,;=:@[]%".includes(byte) || !mustEscape(byte, part));
}

function escaped(decoded: string, raw: string, part: 'path' | 'fragment'): string {
  if (raw !== '' && isValidEncoding(raw, part) && unescape(raw, part) === decoded) return raw;
  return escape(decoded, part);
}

function splitScheme(bytes: string): { scheme: string; rest: string } | undefined {
  if (bytes.startsWith(':')) return undefined;
  const match = /^([A-Za-z][A-Za-z0-9+\-.]*):/.exec(bytes);
  if (match?.[1] === undefined) return { scheme: '', rest: bytes };
  return { scheme: match[1].toLowerCase(), rest: bytes.slice(match[0].length) };
}

function parseHost(bytes: string): string | undefined {
  const port = bytes.startsWith('[') ? bytes.slice(bytes.lastIndexOf(']') + 1) : (/:[^:]*$/.exec(bytes)?.[0] ?? '');
  if (bytes.startsWith('[') && !bytes.includes(']')) return undefined;
  if (!/^(:[0-9]*)?$/.test(port)) return undefined;
  return unescape(bytes, 'host');
}

function parseAuthority(bytes: string): Pick<ParsedURL, 'user' | 'host'> | undefined {
  const at = bytes.lastIndexOf('@');
  const host = parseHost(bytes.slice(at + 1));
  if (host === undefined) return undefined;
  if (at < 0) return { user: undefined, host };
  const info = bytes.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(info)) return undefined;
  const colon = info.indexOf(':');
  const name = unescape(colon < 0 ? info : info.slice(0, colon), 'userPassword');
  const password = colon < 0 ? undefined : unescape(info.slice(colon + 1), 'userPassword');
  if (name === undefined || (colon >= 0 && password === undefined)) return undefined;
  return { user: { name, password }, host };
}

/** Parses a URL or relative reference given as byte string; absent if it is none. */
export function parseURL(bytes: string): ParsedURL | undefined {
  const url: ParsedURL = {
    scheme: '',
    opaque: '',
    user: undefined,
    host: '',
    path: '',
    rawPath: '',
    omitHost: false,
    forceQuery: false,
    rawQuery: '',
    fragment: '',
    rawFragment: '',
  };
  const hash = bytes.indexOf('#');
  const fragment = hash < 0 ? '' : bytes.slice(hash + 1);
  const head = hash < 0 ? bytes : bytes.slice(0, hash);
  // oxlint-disable-next-line no-control-regex -- control bytes make a URL invalid
  if (/[\u0000-\u001f\u007f]/.test(head)) return undefined;
  if (head === '*') return { ...url, path: '*' };

  const split = splitScheme(head);
  if (split === undefined) return undefined;
  url.scheme = split.scheme;
  let rest = split.rest;
  const question = rest.indexOf('?');
  if (question >= 0) {
    url.rawQuery = rest.slice(question + 1);
    url.forceQuery = url.rawQuery === '';
    rest = rest.slice(0, question);
  }
  if (!rest.startsWith('/')) {
    if (url.scheme !== '') return withFragment({ ...url, opaque: rest }, fragment);
    if ((rest.split('/')[0] ?? '').includes(':')) return undefined;
  }
  if (rest.startsWith('//') && (url.scheme !== '' || !rest.startsWith('///'))) {
    const slash = rest.indexOf('/', 2);
    const authority = parseAuthority(slash < 0 ? rest.slice(2) : rest.slice(2, slash));
    if (authority === undefined) return undefined;
    Object.assign(url, authority);
    rest = slash < 0 ? '' : rest.slice(slash);
  } else if (url.scheme !== '' && rest.startsWith('/')) {
    url.omitHost = true;
  }
  const path = unescape(rest, 'path');
  if (path === undefined) return undefined;
  url.path = path;
  url.rawPath = escape(path, 'path') === rest ? '' : rest;
  return withFragment(url, fragment);
}

function withFragment(url: ParsedURL, raw: string): ParsedURL | undefined {
  if (raw === '') return url;
  const fragment = unescape(raw, 'fragment');
  if (fragment === undefined) return undefined;
  return { ...url, fragment, rawFragment: escape(fragment, 'fragment') === raw ? '' : raw };
}

/** Writes a URL. The path is reproduced as it was written unless it was changed or holds bytes that a URL must not. */
export function formatURL(url: ParsedURL): string {
  let out = url.scheme === '' ? '' : `${url.scheme}:`;
  if (url.opaque !== '') {
    out += url.opaque;
  } else {
    const hasAuthority = url.host !== '' || url.user !== undefined;
    if ((url.scheme !== '' || hasAuthority) && !(url.omitHost && !hasAuthority)) {
      if (hasAuthority || url.path !== '') out += '//';
      if (url.user !== undefined) {
        const { name, password } = url.user;
        out += `${escape(name, 'userPassword')}${password === undefined ? '' : `:${escape(password, 'userPassword')}`}@`;
      }
      out += escape(url.host, 'host');
    }
    const path = url.path === '*' ? '*' : escaped(url.path, url.rawPath, 'path');
    if (path !== '' && !path.startsWith('/') && url.host !== '') out += '/';
    if (out === '' && (path.split('/')[0] ?? '').includes(':')) out = './';
    out += path;
  }
  if (url.forceQuery || url.rawQuery !== '') out += `?${url.rawQuery}`;
  if (url.fragment !== '') out += `#${escaped(url.fragment, url.rawFragment, 'fragment')}`;
  return out;
}

/** Whether the query of a URL names at least one well-formed parameter. */
export function hasQueryParameters({ rawQuery }: ParsedURL): boolean {
  return rawQuery.split('&').some((parameter) => {
    if (parameter === '' || parameter.includes(';')) return false;
    const equals = parameter.indexOf('=');
    const parts = equals < 0 ? [parameter] : [parameter.slice(0, equals), parameter.slice(equals + 1)];
    return parts.every((part) => unescape(part, 'queryComponent') !== undefined);
  });
}
