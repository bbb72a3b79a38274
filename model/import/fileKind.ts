/** What kind of file it is, by content first: names lie, and a calendar may be called `download.txt`. */
export type FileKind =
  | 'csv'
  | 'ics'
  | { readonly refused: 'not-readable' | 'nothing-to-import'; readonly reason: string }

const SPREADSHEET = 'Open it, choose "Save as", take "CSV UTF-8", and import that file.'

export function fileKind(name: string, text: string): FileKind {
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? ''
  const start = text.slice(0, 200).trimStart()
  if (start === '') return { refused: 'nothing-to-import', reason: 'The file is empty; check that it was saved.' }
  if (/^BEGIN:VCALENDAR/i.test(start)) return 'ics'
  if (/^BEGIN:VCARD/i.test(start)) {
    return {
      refused: 'nothing-to-import',
      reason: 'This is an address card (vCard), which cannot be imported yet; enter the contact by hand under Vendors.',
    }
  }
  if (text.startsWith('PK\u0003\u0004') || ['xlsx', 'xls', 'xlsm', 'ods', 'numbers'].includes(extension)) {
    return { refused: 'not-readable', reason: `This is a spreadsheet workbook, which cannot be read. ${SPREADSHEET}` }
  }
  if (start.startsWith('%PDF') || ['pdf', 'docx', 'doc', 'pages', 'rtf'].includes(extension)) {
    const reason =
      'This is a printed document, which cannot be read; ask its author for the table or the calendar file.'
    return { refused: 'not-readable', reason }
  }
  if (text.includes('\u0000')) {
    return { refused: 'not-readable', reason: `This is not a text file. If it is a spreadsheet: ${SPREADSHEET}` }
  }
  if (extension === 'json' || /^[[{]\s*["[{]/.test(start)) {
    return { refused: 'nothing-to-import', reason: 'JSON files cannot be imported; export the list as CSV instead.' }
  }
  if (extension === 'ics' || extension === 'ical') {
    const reason = 'The file is named as a calendar but does not begin with BEGIN:VCALENDAR; export the calendar again.'
    return { refused: 'not-readable', reason }
  }
  return 'csv'
}
