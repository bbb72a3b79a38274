import { fromBase64Url } from '../../../model/bytes.ts'

const PREFIX = 'sha256:'
const GROUP = 4

/**
 * A certificate's fingerprint as browsers show it, in hexadecimal, in groups that two people can read out to each other.
 * @param fingerprint `sha256:` and base64url; another text is only cut into groups
 */
export function fingerprintGroups(fingerprint: string): readonly string[] {
  const bytes = fingerprint.startsWith(PREFIX) ? fromBase64Url(fingerprint.slice(PREFIX.length)) : undefined
  const digits = bytes ? hexadecimal(bytes) : fingerprint.replaceAll(':', '')
  return digits.match(new RegExp(`.{1,${GROUP}}`, 'g')) ?? []
}

function hexadecimal(bytes: Uint8Array): string {
  return [...bytes]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase()
}
