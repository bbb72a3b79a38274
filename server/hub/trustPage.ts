/**
 * What a tablet is told of the hub's certificate, and how it comes to trust it: one page without scripts, made here, and
 * the hub's authority in the two forms that devices take.
 */
import express, { type Router } from 'express'
import { v5 as uuidv5 } from 'uuid'
import { fromBase64Url } from '../../model/bytes.ts'
import { fingerprintWords } from '../../model/identity/fingerprintWords.ts'
import type { Authority, TabletTrust } from './tabletCertificate.ts'
import { CARRY_SCRIPT, PICTURES, STYLE } from './trustPageParts.ts'

export const TRUST_PATH = '/trust'
const PROFILE_FILE = 'wedsync.mobileconfig'
const CERTIFICATE_FILE = 'wedsync.crt'
/** Of the parts of a profile: installing it again replaces it. */
const NAMESPACE = '5f0b1c52-0f0e-4a52-9a0f-3f0a6f1f7a11'

export interface TrustPage {
  readonly trust: Pick<TabletTrust, 'name' | 'authority'>
  /** Of the certificate that this hub shows to whoever comes by its address. */
  readonly fingerprint: string
  readonly port: number
}

export function trustRoutes(page: TrustPage): Router {
  const router = express.Router()
  const { authority } = page.trust
  router.get(TRUST_PATH, (_request, response) => {
    response.type('text/html').set('Cache-Control', 'no-store').send(trustHtml(page))
  })
  router.get(`${TRUST_PATH}/${PROFILE_FILE}`, (_request, response) => {
    response.type('application/x-apple-aspen-config').send(appleProfile(authority))
  })
  router.get(`${TRUST_PATH}/${CERTIFICATE_FILE}`, (_request, response) => {
    response.attachment(CERTIFICATE_FILE).type('application/x-x509-ca-cert').send(authority.certPem)
  })
  router.get(`${TRUST_PATH}/carry.js`, (_request, response) => {
    response.type('text/javascript').send(CARRY_SCRIPT)
  })
  return router
}

/** A configuration profile with one root certificate (Apple, "Certificates payload"). */
export function appleProfile({ title, der, fingerprint }: Authority): string {
  const id = (part: string): string => uuidv5(`${part} ${fingerprint}`, NAMESPACE).toUpperCase()
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadType</key><string>Configuration</string>
  <key>PayloadVersion</key><integer>1</integer>
  <key>PayloadIdentifier</key><string>app.wedsync.hub.${id('profile')}</string>
  <key>PayloadUUID</key><string>${id('profile')}</string>
  <key>PayloadDisplayName</key><string>${title}</string>
  <key>PayloadDescription</key><string>Lets this device recognise the WedSync hub of one team on the local network. It is good for that hub's name and for nothing else.</string>
  <key>PayloadRemovalDisallowed</key><false/>
  <key>PayloadContent</key>
  <array>
    <dict>
      <key>PayloadType</key><string>com.apple.security.root</string>
      <key>PayloadVersion</key><integer>1</integer>
      <key>PayloadIdentifier</key><string>app.wedsync.hub.${id('root')}</string>
      <key>PayloadUUID</key><string>${id('root')}</string>
      <key>PayloadDisplayName</key><string>${title}</string>
      <key>PayloadCertificateFileName</key><string>${CERTIFICATE_FILE}</string>
      <key>PayloadContent</key><data>${Buffer.from(der).toString('base64')}</data>
    </dict>
  </array>
</dict>
</plist>
`
}

/** Nothing in it comes from a person: names and fingerprints are of a fixed form. */
function trustHtml({ trust: { name, authority }, fingerprint, port }: TrustPage): string {
  const address = `https://${name}:${port}/`
  const download = `${TRUST_PATH.slice(1)}/`
  return `<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Why your browser warns you – WedSync Hub</title>
<style>${STYLE}</style>
<script src="${download}carry.js" defer></script>
</head>
<body>
<main>
<h1>Why your browser warned you</h1>
<p>Browsers know the certificates of the internet. This hub is a laptop in this room: no authority on the internet has ever
seen it, so your browser cannot know it. What you send is encrypted all the same.</p>
<p>What the warning leaves open is <em>which</em> laptop answers. On the hub's screen, press “Let a device join”, and compare
these six words with the ones there:</p>
<p class="words">${fingerprintWords(fingerprint).join(' ')}</p>
<p>If they differ, you are at another hub: close this page. Equal words tell two hubs apart; somebody who means harm and sits
between you and the hub could show you the right ones. To be sure of that too, open the certificate in your browser (the
warning sign beside the address) and compare its SHA-256 fingerprint with this one on the hub's screen:</p>
<p class="digits">${hexadecimal(fingerprint)}</p>

<h2>Get rid of the warning, and open WedSync without the hub</h2>
<p>You may do without this: a page that is open goes on working when the hub is away. With it, the warning is gone, and the
page also <em>opens</em> while the hub is away. It takes three minutes, once for each device.</p>
<p>You install the certificate of this team's hub, whichever of its laptops that is on the day. It is good for the name
<code>${name}</code> and for nothing else: nobody can use it to pass for another site, not even whoever has stolen a hub.</p>

<section><h3>${PICTURES.tablet} iPhone and iPad</h3>
<ol>
<li>In Safari, open <a href="${download}${PROFILE_FILE}">the profile</a> and tap “Allow”.</li>
<li>Open Settings. At its top stands “Profile Downloaded”: tap it, then “Install”.</li>
<li>Then Settings, General, About, “Certificate Trust Settings” (at the very end): switch on “${authority.title}”.</li>
</ol></section>
<section><h3>${PICTURES.phone} Android</h3>
<ol>
<li>Open <a href="${download}${CERTIFICATE_FILE}">the certificate</a>, so that it is saved.</li>
<li>Open Settings and search for “CA certificate”. It is under Security, “Encryption and credentials”, “Install a certificate”.</li>
<li>Choose “CA certificate”, confirm “Install anyway”, and choose the file <code>${CERTIFICATE_FILE}</code>.</li>
</ol>
<p>Android before version 12 does not find names that end in <code>.local</code>: stay with the address in digits there.</p></section>
<section><h3>${PICTURES.laptop} Windows</h3>
<ol>
<li>Open <a href="${download}${CERTIFICATE_FILE}">the certificate</a> and then the saved file; press “Install Certificate…”.</li>
<li>Choose “Current User”, then “Place all certificates in the following store”, and browse to “Trusted Root Certification
Authorities”.</li>
<li>Windows shows the fingerprint and asks: confirm. Close the browser and open it again.</li>
</ol></section>
<section><h3>${PICTURES.laptop} Mac</h3>
<ol>
<li>Open <a href="${download}${CERTIFICATE_FILE}">the certificate</a> and then the saved file: Keychain Access opens; add it to “login”.</li>
<li>In Keychain Access, open “${authority.title}”, unfold “Trust”, and choose “Always Trust” for SSL.</li>
</ol></section>
<p>Your device may show the fingerprint (SHA-256) of what you install. It is:</p>
<p class="digits">${hexadecimal(authority.fingerprint)}</p>

<h2>Then open this address</h2>
<p><a class="go" data-carry href="${address}">${address}</a></p>
<p>It stays the same in every venue, and if another laptop of the team has to take over as hub, this page finds it by itself.
An invitation that you came with is taken along; what you have already joined with on the address in digits stays there, so join
once more here, with a new invitation.</p>
<p>To take it all back, remove “${authority.title}” in the same place.</p>
</main>
</body>
</html>
`
}

/** As browsers and settings show it. */
function hexadecimal(fingerprint: string): string {
  const bytes = fromBase64Url(fingerprint.slice('sha256:'.length)) ?? new Uint8Array()
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ')
}
