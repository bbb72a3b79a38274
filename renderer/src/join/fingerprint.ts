/** The first and last groups are what people compare when they are in a hurry, so all groups are of one length. */
const GROUP = 4

/** A certificate's fingerprint in groups that two people can read out to each other. */
export function fingerprintGroups(fingerprint: string): readonly string[] {
  const digits = fingerprint.replace(/[^0-9a-z]/gi, '').toUpperCase()
  return digits.match(new RegExp(`.{1,${GROUP}}`, 'g')) ?? []
}
