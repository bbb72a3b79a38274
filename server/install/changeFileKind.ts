/** What a change file begins with: looked at by who has not yet opened an install to read one. */
export const CHANGE_FILE_KIND = 'wscf1'

export function isChangeFile(text: string): boolean {
  return text.startsWith(`${CHANGE_FILE_KIND}.`)
}
