/**
 * Content lines of a calendar (RFC 5545 §3.1), forgiving about what exporters get wrong: LF line ends, and zone names in
 * quotes that hold `:` and `,`.
 *
 *     DTSTART;TZID="(UTC-05:00) Eastern Time (US & Canada)":20201028T133000
 *     name    params                                       value
 */

export interface ContentLine {
  /** In capitals, without a group prefix. */
  readonly name: string
  readonly params: ReadonlyMap<string, string>
  readonly value: string
  /** First line of the file it came from, from 1. */
  readonly line: number
}

/** A component such as VEVENT with its own lines; what is nested in it (alarms) is left out. */
export interface Component {
  readonly name: string
  readonly line: number
  readonly lines: readonly ContentLine[]
  /** Lines that are no content lines. */
  readonly damaged: readonly { readonly line: number; readonly text: string }[]
  readonly text: string
  /** The file goes on to END; false where it was cut off. */
  readonly isWhole: boolean
}

interface FoldedLine {
  readonly line: number
  text: string
}

/** Joins folded lines: one that begins with a space or tab goes on where the last one stopped. */
export function unfold(text: string): FoldedLine[] {
  const lines: FoldedLine[] = []
  for (const [i, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const last = lines.at(-1)
    if (last !== undefined && /^[ \t]/.test(raw)) last.text += raw.slice(1)
    else lines.push({ line: i + 1, text: raw })
  }
  return lines.filter(({ text: content }) => content.trim() !== '')
}

/** Splits a line at the first colon outside quotes; undefined if it has no name or no colon. */
export function contentLine({ line, text }: { readonly line: number; readonly text: string }): ContentLine | undefined {
  const [head, value] = cutOnce(text, ':')
  if (value === undefined) return undefined
  const [name = '', ...params] = splitOutsideQuotes(head, ';')
  const plain = name.trim().toUpperCase().replace(/^.*\./, '')
  if (!/^[A-Z0-9-]+$/.test(plain)) return undefined
  const pairs = params.map((param): [string, string] => {
    const [key, given = ''] = cutOnce(param, '=')
    return [key.trim().toUpperCase(), given.replace(/^"(.*)"$/, '$1')]
  })
  return { name: plain, params: new Map(pairs), value, line }
}

/** Top-level components of a calendar: events, to-dos, zones. */
export function componentsOf(text: string): Component[] {
  const components: Component[] = []
  let open: { name: string; line: number; lines: ContentLine[]; damaged: FoldedLine[]; raw: string[] } | undefined
  const nested: string[] = []
  const close = (isWhole: boolean) => {
    if (open === undefined) return
    components.push({ ...open, text: open.raw.join('\n'), isWhole })
    open = undefined
    nested.length = 0
  }
  for (const folded of unfold(text)) {
    const parsed = contentLine(folded)
    const value = parsed?.value.trim().toUpperCase() ?? ''
    if (parsed?.name === 'BEGIN') {
      if (value === 'VCALENDAR') continue
      if (open === undefined || value === 'VEVENT') {
        close(false) // an event cannot hold an event, so the one before was cut off
        open = { name: value, line: folded.line, lines: [], damaged: [], raw: [folded.text] }
        continue
      }
      nested.push(value)
    } else if (parsed?.name === 'END') {
      if (nested.at(-1) === value) nested.pop()
      else if (open?.name === value) close(true)
    } else if (open !== undefined && nested.length === 0) {
      if (parsed === undefined) open.damaged.push(folded)
      else open.lines.push(parsed)
    }
    open?.raw.push(folded.text)
  }
  close(false)
  return components
}

/** Text values escape `,` `;` `\` and write line ends as `\n` (RFC 5545 §3.3.11). */
export function unescapeText(value: string): string {
  return value.replace(/\\([\\;,nN])/g, (_, mark: string) => (mark === 'n' || mark === 'N' ? '\n' : mark)).trim()
}

/** Values of a list, split at commas that are not escaped. */
export function textList(value: string): string[] {
  const members = value.match(/(?:\\.|[^,\\])+/g) ?? []
  return members.map(unescapeText).filter((member) => member !== '')
}

function cutOnce(text: string, mark: string): [string, string | undefined] {
  const [head = ''] = splitOutsideQuotes(text, mark, 1)
  return head.length === text.length ? [text, undefined] : [head, text.slice(head.length + 1)]
}

function splitOutsideQuotes(text: string, mark: string, limit = Number.POSITIVE_INFINITY): string[] {
  const parts: string[] = []
  let isQuoted = false
  let from = 0
  for (let i = 0; i < text.length && parts.length < limit; i++) {
    if (text[i] === '"') isQuoted = !isQuoted
    else if (text[i] === mark && !isQuoted) {
      parts.push(text.slice(from, i))
      from = i + 1
    }
  }
  return [...parts, text.slice(from)]
}
