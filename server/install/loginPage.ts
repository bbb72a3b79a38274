/**
 * A venue's Wi-Fi may have internet behind a log-in page. Until somebody has logged in, the page answers in everybody's
 * place: with itself, with a redirection to itself, or, under TLS, with a certificate that is not the cloud's.
 */
import { NoWebSocketError } from '../sync/webSocketTransport.ts'

export const LOGIN_PAGE_IN_THE_WAY =
  'a log-in page is in the way: open a browser on this device and log in to this network'

/** RFC 6585, section 6: network authentication required. */
const LOGIN_REQUIRED = 511
const [SUCCESS, CLIENT_ERROR] = [200, 400]

/** Of Node's TLS: the peer is not who was called, or speaks no TLS at all. */
const OTHER_PEER: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_WRONG_VERSION_NUMBER',
])

/** Whether this status, where the cloud would have answered otherwise, is that of a log-in page. */
export function isLoginPage(status: number): boolean {
  return (status >= SUCCESS && status < CLIENT_ERROR) || status === LOGIN_REQUIRED
}

/** What came instead of the cloud, in words for a person. */
export function withoutCloud(cause: unknown): Error {
  if (cause instanceof NoWebSocketError) {
    return new Error(isLoginPage(cause.status) ? LOGIN_PAGE_IN_THE_WAY : `the cloud answers with ${cause.status}`, {
      cause,
    })
  }
  if (cause instanceof Error && 'code' in cause && OTHER_PEER.has(String(cause.code))) {
    const who = `somebody else answers in the place of the cloud (${String(cause.code)})`
    return new Error(`${who}: if this network has a log-in page, log in there with a browser`, { cause })
  }
  return cause instanceof Error ? cause : new Error('no connection', { cause })
}
