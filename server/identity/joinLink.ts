/**
 * The link that lets one device in, in two spellings of the same thing:
 *
 *     wedsync://join?url=https%3A%2F%2F192.168.7.2%3A8443&fp=sha256:…&secret=…&team=…    opens the app
 *     https://192.168.7.2:8443/#join=<secret>&fp=sha256:…                                opens the browser app
 *     wedsync://join?cloud=https%3A%2F%2Fcloud.example&secret=…&team=…                   joins through the cloud
 *
 * The secret of the second is in the fragment, which a browser never sends.
 */
import { z } from 'zod'
import { err, ok, type Result } from '../../model/result.ts'
import { fingerprintSchema } from './certificate.ts'

export interface JoinTarget {
  /** Origin of the hub, such as `https://192.168.7.2:8443`. */
  readonly url: string
  readonly fingerprint: string
  readonly secret: string
  /** Absent in a browser link. */
  readonly team?: string
}

/** An invitation that waits at a cloud. */
export interface CloudTarget {
  /** Origin of the cloud. */
  readonly url: string
  readonly secret: string
  readonly team: string
}

export interface JoinLinks {
  readonly app: string
  readonly browser: string
}

/** `reason` is a clause for a person: "the link cannot be used: " and then it. */
export interface LinkError {
  readonly kind: 'bad-link'
  readonly reason: string
}

export const joinSecretSchema = z.string().regex(/^[A-Za-z0-9_-]{20,100}$/)

const MAX_LINK_CHARS = 2_000

export function formatJoinLink({ url, fingerprint, secret, team }: Required<JoinTarget>): JoinLinks {
  const { origin } = new URL(url)
  return {
    app: `wedsync://join?url=${encodeURIComponent(origin)}&fp=${fingerprint}&secret=${secret}&team=${team}`,
    browser: `${origin}/#join=${secret}&fp=${fingerprint}`,
  }
}

export function formatCloudLink({ url, secret, team }: CloudTarget): string {
  return `wedsync://join?cloud=${encodeURIComponent(new URL(url).origin)}&secret=${secret}&team=${team}`
}

/** @returns `undefined` if the link leads to no cloud */
export function parseCloudLink(text: string): Result<CloudTarget, LinkError> | undefined {
  const trimmed = text.trim()
  const link = trimmed.length <= MAX_LINK_CHARS ? URL.parse(trimmed) : null
  const address = link?.protocol === 'wedsync:' ? link.searchParams.get('cloud') : null
  if (!link || address === null) return undefined
  const url = URL.parse(address)
  const team = z.uuid().safeParse(link.searchParams.get('team'))
  const secret = joinSecretSchema.safeParse(link.searchParams.get('secret'))
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return bad('it has no address of a cloud')
  if (!team.success) return bad('the team in it is damaged')
  if (!secret.success) return bad('its secret is damaged or cut off; copy it to its end')
  return ok({ url: url.origin, secret: secret.data, team: team.data })
}

/** Reads either spelling. White space around it, as copying brings along, is ignored. */
export function parseJoinLink(text: string): Result<JoinTarget, LinkError> {
  const trimmed = text.trim()
  if (trimmed === '') return bad('it is empty')
  if (trimmed.length > MAX_LINK_CHARS) return bad('it is too long')
  const link = URL.parse(trimmed)
  if (link?.protocol === 'wedsync:') return parseAppLink(link)
  if (link?.protocol === 'https:') return parseBrowserLink(link)
  if (link?.protocol === 'http:') return bad('it begins with http:// where a hub has https://')
  return bad('it begins with neither wedsync:// nor https://')
}

function parseAppLink(link: URL): Result<JoinTarget, LinkError> {
  if (link.hostname.toLowerCase() !== 'join') return bad('it is a wedsync:// link for something else than joining')
  const { searchParams: fields } = link
  const team = fields.get('team')
  if (team !== null && !z.uuid().safeParse(team).success) return bad('the team in it is damaged')
  const target = checkTarget(fields.get('url') ?? '', fields.get('fp'), fields.get('secret'))
  return target.ok && team !== null ? ok({ ...target.value, team }) : target
}

function parseBrowserLink(link: URL): Result<JoinTarget, LinkError> {
  const fields = new URLSearchParams(link.hash.slice(1))
  return checkTarget(link.href, fields.get('fp'), fields.get('join'))
}

function checkTarget(
  address: string,
  fingerprint: string | null,
  secret: string | null,
): Result<JoinTarget, LinkError> {
  const url = URL.parse(address)
  if (url?.protocol !== 'https:') return bad('it has no https:// address of a hub')
  if (url.username !== '' || url.password !== '') return bad('the address in it has a user name')
  if (secret === null) return bad('it has no secret; copy it to its end')
  if (!joinSecretSchema.safeParse(secret).success) return bad('its secret is damaged or cut off')
  if (fingerprint === null) return bad('it has no fingerprint of the hub; copy it to its end')
  if (!fingerprintSchema.safeParse(fingerprint).success) return bad('its fingerprint is damaged or cut off')
  return ok({ url: url.origin, fingerprint, secret })
}

function bad(reason: string): Result<never, LinkError> {
  return err({ kind: 'bad-link', reason })
}
