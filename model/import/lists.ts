/** Lists in one cell, as the apps that exported them wrote them. */

const NONE = /^(none|nil|no|n\/a|nothing|no (allergies|diet|dietary (needs|requirements|restrictions)))\.?$/i

/** True if a person said "none", which is not the same as saying nothing (a blank cell). */
export function saysNone(cell: string): boolean {
  const text = cell.trim()
  return NONE.test(text) || /^\[\s*\]$/.test(text)
}

/** Members of `a|b`, `a; b`, `a, b`, one a line, JSON `["a","b"]` or Python `['a', 'b']`. Blank members are left out. */
export function listIn(cell: string): string[] {
  const text = cell.trim()
  const inner = /^\[(.*)\]$/s.exec(text)?.[1]
  if (inner !== undefined) return jsonList(text) ?? quotedList(inner)
  const separator = ['|', ';', '\n', ','].find((mark) => text.includes(mark))
  return clean(separator === undefined ? [text] : text.split(separator))
}

/**
 * People of one cell. Like `listIn`, and `Ana / Zoë`; a slash without spaces stays (`DJ/MC` is one person), and so does
 * `&` (`Fern & Co` is one firm).
 */
export function peopleIn(cell: string): string[] {
  return unique(listIn(cell).flatMap((member) => clean(member.split(/\s\/\s/))))
}

export function unique(members: readonly string[]): string[] {
  return [...new Set(members)]
}

function clean(members: readonly string[]): string[] {
  return members.map((member) => member.trim()).filter((member) => member !== '')
}

function jsonList(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!Array.isArray(value)) return undefined
    return clean(value.map((member) => (typeof member === 'string' ? member : JSON.stringify(member))))
  } catch {
    return undefined // not JSON: Python prints its lists with single quotes
  }
}

function quotedList(inner: string): string[] {
  const quoted = [...inner.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g)]
  if (quoted.length === 0) return clean(inner.split(/[,;|]/))
  return clean(quoted.map((match) => (match[1] ?? match[2] ?? '').replace(/\\(.)/g, '$1')))
}
