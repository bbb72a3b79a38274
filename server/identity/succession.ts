/**
 * A new key for the team, after a device that held the present one was stolen. The statement says which key is next, and has a part
 * for each laptop that stays, wrapped for it. It counts only with two signatures: that of the team's present key, which the
 * thief has as well, and that of the recovery kit, which is on paper and on no laptop.
 *
 *     wssu1.<payload>.<signature of the team's key>~<signature of the recovery kit's key>
 *
 * Whoever knows the founding key of a team and its kit's can check the whole line by itself, in any order, from anybody.
 */
import { z } from 'zod'
import { compareText } from '../../model/merge/vector.ts'
import { deviceIdSchema } from './certificate.ts'
import { isSignedByTeam, readStatement, signAsTeam, signStatement } from './signed.ts'
import { MAX_EPOCH, successionText, type Team } from './team.ts'
import { MAX_TOKEN_CHARS, privateKeySchema, publicKeySchema, type TeamKeys } from './token.ts'
import { unwrap, type WrappingKeys, wrapFor, wrappedSchema } from './wrapping.ts'

const SUCCESSION = 'wssu1'
const BETWEEN_SIGNATURES = '~'
/** Of devices that stay. */
export const MAX_STAYING = 200

const succession = z.object({
  team: z.uuid(),
  /** From here on. */
  epoch: z.int().min(1).max(MAX_EPOCH),
  publicKey: publicKeySchema,
  /** Of the next kit: the words of the present one have been typed on a laptop. */
  recoveryKey: publicKeySchema,
  stays: z.array(z.object({ device: deviceIdSchema, part: wrappedSchema })).max(MAX_STAYING),
  madeBy: deviceIdSchema,
  /** ms since 1970 UTC. */
  madeAt: z.int(),
})
export type Succession = z.infer<typeof succession>

/** What a device that stays is given: the keys if it may serve as hub, else a token. */
const partSchema = z.union([
  z.object({ privateKey: privateKeySchema, formerKeys: z.array(privateKeySchema).max(MAX_EPOCH) }),
  z.object({ token: z.string().max(MAX_TOKEN_CHARS) }),
])
export type Part = z.infer<typeof partSchema>

/** Who signs for a team at some time. */
export interface Signers {
  readonly publicKey: string
  /** Absent: the team cannot replace its key. */
  readonly recoveryKey?: string | undefined
}

/** A team as it was founded; that alone is taken on trust. */
export interface Founding extends Signers {
  readonly id: string
}

/** Where the line of a team has come to. */
export interface Line extends Signers {
  /** Those that count, in their order. */
  readonly successions: readonly string[]
  /** The last of them. */
  readonly latest?: Succession
}

export interface NewSuccession {
  readonly team: Team
  /** Of the kit whose words were typed. */
  readonly kit: TeamKeys
  readonly next: TeamKeys
  readonly nextRecoveryKey: string
  readonly stays: readonly { readonly device: string; readonly wrappingKey: string; readonly part: Part }[]
  readonly madeBy: string
  readonly madeAt: number
}

/** Throws on a device that does not hold the team's key. */
export function makeSuccession({ team, kit, next, nextRecoveryKey, stays, madeBy, madeAt }: NewSuccession): string {
  if (team.privateKey === undefined) throw new Error('only a device that holds the key of the team replaces it')
  const epoch = (team.successions?.length ?? 0) + 1
  const { publicKey } = next
  const payload: Succession = {
    team: team.id,
    epoch,
    publicKey,
    recoveryKey: nextRecoveryKey,
    stays: stays.map(({ device, wrappingKey, part }) => ({
      device,
      part: wrapFor(
        wrappingKey,
        contextOf({ team: team.id, epoch, publicKey }, device),
        Buffer.from(JSON.stringify(part)),
      ),
    })),
    madeBy,
    madeAt,
  }
  const signed = signStatement(SUCCESSION, succession.parse(payload), team.privateKey)
  return [signed, signAsTeam(signed, kit.privateKey)].join(BETWEEN_SIGNATURES)
}

export function foundingOf({
  id,
  founding,
  publicKey,
  recoveryKey,
}: Omit<Team, 'privateKey' | 'formerKeys'>): Founding {
  return { id, publicKey: founding ?? publicKey, ...(recoveryKey !== undefined && { recoveryKey }) }
}

/** Of the kit that can replace the team's present key. */
export function presentRecoveryKey(team: Team): string | undefined {
  return lineOf(foundingOf(team), team.successions ?? []).recoveryKey
}

/**
 * The line of a team from its founding on, of statements from wherever: forged ones, those of others, and those that lead nowhere are
 * passed over. Where two owners replaced one key at once, everybody goes by the smaller new key.
 */
export function lineOf(founding: Founding, texts: readonly string[]): Line {
  let line: Line = { publicKey: founding.publicKey, recoveryKey: founding.recoveryKey, successions: [] }
  for (;;) {
    const next = [...new Set(texts)]
      .flatMap((text) => readNext(text, founding.id, line) ?? [])
      .toSorted((a, b) => compareText(a.said.publicKey, b.said.publicKey))[0]
    if (!next) return line
    const { publicKey, recoveryKey } = next.said
    line = { publicKey, recoveryKey, successions: [...line.successions, next.text], latest: next.said }
  }
}

/** @returns `undefined` if there is none for this device, or it is not for these keys */
export function ownPart(
  { team, epoch, publicKey, stays }: Succession,
  device: string,
  keys: WrappingKeys,
): Part | undefined {
  const wrapped = stays.find((each) => each.device === device)?.part
  const bytes = wrapped && unwrap(keys, contextOf({ team, epoch, publicKey }, device), wrapped)
  return bytes && partSchema.parse(JSON.parse(bytes.toString('utf8')))
}

function readNext(
  text: string,
  team: string,
  { publicKey, recoveryKey, successions }: Line,
): { readonly text: string; readonly said: Succession } | undefined {
  if (recoveryKey === undefined || !successionText.safeParse(text).success) return undefined
  const [signed = '', ofKit = '', ...rest] = text.split(BETWEEN_SIGNATURES)
  if (rest.length > 0 || !isSignedByTeam(signed, ofKit, recoveryKey)) return undefined
  const read = readStatement(SUCCESSION, signed, succession, publicKey)
  if (!read.ok || read.value.team !== team || read.value.epoch !== successions.length + 1) return undefined
  return { text, said: read.value }
}

function contextOf(
  { team, epoch, publicKey }: Pick<Succession, 'team' | 'epoch' | 'publicKey'>,
  device: string,
): string {
  return JSON.stringify(['succession', team, epoch, publicKey, device])
}
