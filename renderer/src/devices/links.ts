/** The two links of an invitation. */
export interface Links {
  /** For a browser: `https://…/#join=…`. */
  readonly link: string
  /** For another install: `wedsync://join?url=…`. */
  readonly appLink: string
}

/** The same invitation at the address that the hub has now. */
export function linksAt({ link, appLink }: Links, hubUrl: string): Links {
  const { host, origin } = new URL(hubUrl)
  const [forBrowser, forApp] = [new URL(link), new URL(appLink)]
  forBrowser.host = host
  forApp.searchParams.set('url', origin)
  return { link: forBrowser.href, appLink: forApp.href }
}
