import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  createCertificate,
  deviceIdOf,
  fingerprintOf,
  fingerprintOfDevice,
} from '../../../server/identity/certificate.ts'
import { NOW_MS } from './support.ts'

describe('the certificate of an install', () => {
  it('is self-signed EC P-256 for servers and clients, and no authority', async () => {
    const { certPem, keyPem } = await createCertificate("Ana's laptop", { nowMs: NOW_MS })
    const certificate = new X509Certificate(certPem)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).toBe(true)
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
    expect(certificate.ca).toBe(false)
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
    expect(certificate.subject).toBe("CN=Ana's laptop")
  })

  it('is good for 20 years, and already for a laptop whose clock is weeks behind', async () => {
    const { certPem } = await createCertificate('Hub', { nowMs: NOW_MS })
    const { validFromDate, validToDate } = new X509Certificate(certPem)
    expect(validToDate).toEqual(new Date(Date.UTC(2046, 5, 20, 14, 0)))
    expect(NOW_MS - validFromDate.getTime()).toBeGreaterThan(14 * 24 * 3_600_000)
  })

  it('names the usual local names and the addresses it was given', async () => {
    const { certPem } = await createCertificate('Hub', { ips: ['192.168.7.2', '127.0.0.1', 'fd00::7'] })
    expect(new X509Certificate(certPem).subjectAltName).toBe(
      'DNS:wedsync.local, DNS:localhost, IP Address:127.0.0.1, IP Address:192.168.7.2, IP Address:FD00:0:0:0:0:0:0:7',
    )
  })

  it.each([['#1 "iPad" \\ Ünï, O=x'], [''], ['x'.repeat(300)]])('takes any device name: %j', async (name) => {
    const { certPem } = await createCertificate(name)
    expect(new X509Certificate(certPem).subject).toMatch(/^CN=[^\n]{1,80}$/)
  })

  it('has its SHA-256 as fingerprint, which is the device id', async () => {
    const { certPem, fingerprint } = await createCertificate('Hub')
    const { raw } = new X509Certificate(certPem)
    expect(fingerprint).toBe(`sha256:${createHash('sha256').update(raw).digest('base64url')}`)
    expect(fingerprintOf(raw)).toBe(fingerprint)
    expect(deviceIdOf(fingerprint)).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(fingerprintOfDevice(deviceIdOf(fingerprint))).toBe(fingerprint)
  })
})
