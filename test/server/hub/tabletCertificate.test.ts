import 'reflect-metadata'
import { createServer } from 'node:https'
import { connect } from 'node:tls'
import {
  type JsonGeneralName,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { expect, it } from 'vitest'
import { teamHost } from '../../../model/identity/teamHost.ts'
import { authorityKey, openTabletTrust } from '../../../server/hub/tabletCertificate.ts'
import { appleProfile } from '../../../server/hub/trustPage.ts'
import { createTeamKeys } from '../../../server/identity/token.ts'
import { listen, MemoryState, NOW_MS } from '../identity/support.ts'

const KEY = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const [team, otherTeam] = [teamOfOne(), teamOfOne()]
const state = new MemoryState()
const trust = await openTabletTrust(team, state, Date.now())

function teamOfOne() {
  return { id: crypto.randomUUID(), privateKey: createTeamKeys().privateKey }
}

/** How a client that trusts the hub's authority, and nobody else, finds a server that is called by this name. */
async function judge(server: { readonly certPem: string; readonly keyPem: string }, host: string): Promise<string> {
  const port = await listen(createServer({ cert: server.certPem, key: server.keyPem }))
  const options = { ca: trust.authority.certPem, port, ...(/^[\d.]+$/.test(host) ? {} : { servername: host }) }
  return new Promise((resolve) => {
    const socket = connect({ ...options, host: '127.0.0.1' }, () => {
      socket.destroy()
      resolve('trusted')
    })
    socket.once('error', (error) => resolve(error.message))
  })
}

/** What a thief of the authority's key would make. */
async function forge(name: JsonGeneralName): Promise<{ certPem: string; keyPem: string }> {
  const signingKey = await crypto.subtle.importKey('jwk', authorityKey(team), KEY, false, ['sign'])
  const keys = await crypto.subtle.generateKey(KEY, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.create({
    subject: 'CN=forged',
    issuer: new X509Certificate(trust.authority.certPem).subjectName,
    signingAlgorithm: KEY,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [new SubjectAlternativeNameExtension([name])],
  })
  const keyPem = PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
  return { certPem: `${certificate.toString('pem')}\n${trust.authority.certPem}`, keyPem }
}

it("makes the name of the team's hub trusted to whoever installed the team's authority", async () => {
  expect(await judge(trust, trust.name)).toBe('trusted')
})

it('can vouch for no other name and no address, whoever has its key', async () => {
  expect(await judge(await forge({ type: 'dns', value: trust.name }), trust.name)).toBe('trusted')
  expect(await judge(await forge({ type: 'dns', value: 'bank.example' }), 'bank.example')).toBe(
    'permitted subtree violation',
  )
  expect(await judge(await forge({ type: 'ip', value: '127.0.0.1' }), '127.0.0.1')).toBe('excluded subtree violation')
})

it('keeps authority and name from start to start, and gives the name a new certificate each time', async () => {
  const again = await openTabletTrust(team, state, Date.now())
  expect(again.name).toBe(trust.name)
  expect(again.authority.fingerprint).toBe(trust.authority.fingerprint)
  expect(again.certPem).not.toBe(trust.certPem)
  expect(await judge(again, trust.name)).toBe('trusted')
})

it('is in time for 398 days at most, which is what browsers take', async () => {
  const { certPem } = await openTabletTrust(team, new MemoryState(), NOW_MS)
  const { notBefore, notAfter } = new X509Certificate(certPem)
  expect(notBefore.getTime()).toBeLessThan(NOW_MS)
  expect((notAfter.getTime() - notBefore.getTime()) / 86_400_000).toBeLessThanOrEqual(398)
})

it('on another laptop of the team is trusted by whoever installed the authority at the first', async () => {
  const next = await openTabletTrust(team, new MemoryState(), Date.now())
  expect(next.name).toBe(trust.name)
  expect(await judge(next, trust.name)).toBe('trusted')
  expect(await judge(next, `1f0c9a7b.${trust.name}`)).toBe('trusted')
})

it('of another team is not, also under the same name', async () => {
  const { certPem, keyPem } = await openTabletTrust({ ...otherTeam, id: team.id }, new MemoryState(), Date.now())
  expect(await judge({ certPem, keyPem }, trust.name)).not.toBe('trusted')
})

it('is made anew on a laptop that goes from one team to another', async () => {
  const moved = new MemoryState()
  const before = await openTabletTrust(otherTeam, moved, Date.now())
  const after = await openTabletTrust(team, moved, Date.now())
  expect(after.name).not.toBe(before.name)
  expect(await judge(after, trust.name)).toBe('trusted')
})

it('has a name that differs from team to team and shows nothing of the team', () => {
  expect(trust.name).toMatch(/^wedsync-[0-9a-f]{10}\.local$/)
  expect(teamHost(otherTeam.id)).not.toBe(trust.name)
})

it("carries the authority in Apple's profile, the same one each time", () => {
  const profile = appleProfile(trust.authority)
  const [, base64 = ''] = /<data>([^<]+)<\/data>/.exec(profile) ?? []
  expect(new X509Certificate(Buffer.from(base64, 'base64')).toString('pem')).toBe(trust.authority.certPem)
  expect(appleProfile(trust.authority)).toBe(profile)
})
