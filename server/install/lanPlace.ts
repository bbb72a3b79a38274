/** Where a hub can be reached: at every private address of this machine, also at those that it gets later. */
import { networkInterfaces } from 'node:os'

export const LOOPBACK = '127.0.0.1'

/** Whether another device could reach a hub on this machine: it is in some network. */
export function isInNetwork(): boolean {
  return ownAddresses().some(isPrivate)
}

/**
 * The address that others are told now.
 * @param usual the one of the last time, taken as long as this machine has it
 */
export function addressNow(usual: string | undefined): string {
  const inNetworks = ownAddresses().filter(isPrivate)
  return inNetworks.find((address) => address === usual) ?? inNetworks[0] ?? LOOPBACK
}

/** RFC 1918, or link-local as on a cable without a router. */
export function isPrivate(address: string): boolean {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)/.test(address)
}

/** IPv4 addresses of this machine. */
function ownAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return all.filter(({ family }) => family === 'IPv4').map(({ address }) => address)
}
