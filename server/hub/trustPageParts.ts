/** Style, drawings and the one line of script of the page about trust. */

export const STYLE = `
:root { color-scheme: light dark; }
body { font: 1.0625rem/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 42rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.75rem; line-height: 1.2; }
h2 { font-size: 1.375rem; margin-top: 2.5rem; }
h3 { font-size: 1.125rem; display: flex; gap: 0.75rem; align-items: center; margin: 0; }
section { border: 1px solid #8886; border-radius: 0.5rem; padding: 1rem; margin: 1rem 0; }
svg { width: 3.5rem; height: 3.5rem; flex: none; }
ol { padding-left: 1.5rem; margin-bottom: 0; }
li { margin: 0.5rem 0; }
.words { font-size: 1.375rem; font-weight: 600; }
.digits { font-family: ui-monospace, monospace; font-size: 0.9375rem; }
.go, section a { display: inline-block; padding: 0.375rem 0; }
`

const LINES = 'viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true"'
/** A sheet with a seal, and a tick. */
const CERTIFICATE = (x: number, y: number): string =>
  `<g transform="translate(${x} ${y})"><rect width="14" height="10" rx="1"/><path d="M3 3.5h5M3 6.5h3"/><circle cx="11" cy="7" r="2"/></g>`

export const PICTURES = {
  tablet: `<svg ${LINES}><rect x="9" y="4" width="30" height="40" rx="4"/><path d="M21 40h6"/>${CERTIFICATE(17, 12)}<path d="m19 30 4 4 8-9"/></svg>`,
  phone: `<svg ${LINES}><rect x="14" y="3" width="20" height="42" rx="4"/><path d="M21 41h6"/>${CERTIFICATE(17, 11)}<path d="m19 29 4 4 7-8"/></svg>`,
  laptop: `<svg ${LINES}><rect x="8" y="8" width="32" height="24" rx="2"/><path d="M3 38h42l-3-4H6z"/>${CERTIFICATE(12, 13)}<path d="m29 20 3 3 5-6"/></svg>`,
} as const

/** The invitation is in the fragment of the address, which no server sees: the page hands it on itself. */
export const CARRY_SCRIPT = `for (const link of document.querySelectorAll('a[data-carry]')) link.href += location.hash
`
