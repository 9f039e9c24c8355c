import { BlockList, isIP } from 'node:net';

/**
 * Whether an IP address is link-local. Machines reach each other there without a router, and clouds hand out credentials to whoever
 * asks their metadata service at such an address.
 */
export function isLinkLocal(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  const family = isIP(bare);
  if (family === 0) return false;
  return blocked().check(bare, family === 4 ? 'ipv4' : 'ipv6');
}

function blocked(): BlockList {
  const list = new BlockList();
  list.addSubnet('169.254.0.0', 16, 'ipv4');
  list.addSubnet('fe80::', 10, 'ipv6');
  list.addSubnet('::ffff:169.254.0.0', 112, 'ipv6');
  list.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
  // The metadata service of one large cloud over IPv6.
  list.addAddress('fd00:ec2::254', 'ipv6');
  return list;
}
