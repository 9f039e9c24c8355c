import { isIPv4 } from 'node:net';
import { KubeconfigError } from './kubeconfig-file.ts';

const PROTOCOLS = ['http:', 'https:', 'socks5:', 'socks5h:'];

/**
 * The proxy that a server is reached through: the given one, or that of the usual variables. Fails with {@link KubeconfigError} for a
 * proxy of another kind than HTTP and SOCKS 5.
 */
export function proxyFor(
  server: string,
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): URL | undefined {
  const { protocol, hostname, port } = new URL(server);
  const either = (name: string): string => env[name] ?? env[name.toLowerCase()] ?? '';
  const ofEnvironment = (): string => {
    // Upper case is not taken for plain HTTP: in CGI programs it would come from a header of a request.
    const text = protocol === 'https:' ? either('HTTPS_PROXY') : (env['http_proxy'] ?? '');
    return text === '' || isExempt(hostname, port, either('NO_PROXY')) ? '' : text;
  };
  const text = given === undefined || given === '' ? ofEnvironment() : given;
  if (text === '') return undefined;
  let proxy: URL;
  try {
    proxy = new URL(text.includes('://') ? text : `http://${text}`);
  } catch (cause) {
    throw new KubeconfigError('the URL of the proxy cannot be read', { cause });
  }
  if (!PROTOCOLS.includes(proxy.protocol))
    throw new KubeconfigError(`proxies are reached over http, https or socks5; found ${proxy.protocol}//${proxy.host}`);
  return proxy;
}

function isExempt(hostname: string, port: string, list: string): boolean {
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [host = '', ofPort] = entry.split(':');
      if (ofPort !== undefined && ofPort !== port) return false;
      if (host.includes('/')) return isIPv4(hostname) && inNetwork(hostname, host);
      const suffix = host.replace(/^\*?\./, '');
      return hostname === suffix || hostname.endsWith(`.${suffix}`);
    });
}

function inNetwork(address: string, network: string): boolean {
  const [base = '', bits = '32'] = network.split('/');
  if (!isIPv4(base)) return false;
  const number = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  return Math.floor(number(address) / size) === Math.floor(number(base) / size);
}
