/**
 * `tables.md` word for word, with each mark written out beside its field: `*` required, then class and policy. Where the
 * file marks several fields at once ("estimated, actual (m, `ask`)"), each of them has the mark here.
 */
export const SPECIFICATION: Readonly<Record<string, string>> = {
  weddings: `name*, date* (ask), coupleName, status, timezone, venue (ask), ceremonyVenue (ask), partner1Name, partner2Name,
    partner1Email (p), partner1Phone (p), partner2Email (p), partner2Phone (p), guestCount (max), theme, plan (ask),
    rainDecisionAt, notes (text), internalNotes (i text)`,
  timeline_items: `title*, startTime (ask), endTime (ask), durationMin, location (ask), status, category, priority,
    description (text), notes (text), people (set), assignedVendors (set), tags (set), fixed (true), buffer (true), approximate,
    originalTime, rank, section, backupLocation, dependencies (set), done (true), delayReason, internalNotes (i text),
    vendorNotes (text)`,
  clients: `name*, email (p), phone (p), address (p), status, notes (text), requirements (text), specialRequests (text),
    preferredStyle (text), packageName, packagePrice (m ask), deposit (m ask), balanceDue (m ask), contractStatus (i ask),
    tags (set), internalNotes (i text)`,
  vendors: `name*, company, type, status, arriveAt, departAt, checkInTime (min), eta, delayReason, callFirstAbout, needs,
    mealCount (max), estimated (m ask), actual (m ask), contractStatus (i ask), notes (text), tags (set)`,
  vendor_contacts: 'name*, vendorId, role, phone, phone2, email (p), callFirst (true), notes (text)',
  photo_groups: `name*, description (text), people (set), priority (max), minutes, location, section, rank, scheduledTime,
    done (true), skipped, waitingFor, photographerNotes (text), internalNotes (i text)`,
  photo_group_members: 'groupId*, name*, guestId, relation, rank, present (true)',
  guests: `name*, firstName, lastName, party, side, ageGroup, rsvpStatus (ask), invitedBy (ask), tableNumber, seat, meal (d),
    dietary (d ask), allergies (d set), accessibility (d), email (p), phone (p), address (p), plusOne, partnerName, tags (set),
    notes (p text)`,
  forms: 'name*, slug, fields, sections, settings, isPublished, category',
  form_drafts: 'formId*, clientId, data, autoSaveTime (max), priority',
  form_submissions: 'formId*, clientId, data, files (set), status',
  client_notes: 'content* (text), client, noteType, visibility, priority, tags (set), isPinned, followUpDate',
  issues: `title*, description (text), severity, status, category, reportedBy, assignedTo (set), affected (set),
    resolution (text), escalationLevel (max)`,
  client_activities: 'action*, title, description, entityType, entityId, importance',
  budget_items: `name* (m), category (m), amount (m ask), estimated (m ask), actual (m ask), currency (m ask), date, type,
    vendorId, notes (m text)`,
  tasks: `title*, description (text), notes (text), status, dueDate (ask), priority, assignees (set), done (true), tags (set)`,
  photos: `filename*, mime, sizeBytes, sha256, width, height, title, altText, takenAt, location, rank, uploadState,
    linkedTo (set), tags (set)`,
  documents: `filename*, mime, sizeBytes, sha256, width, height, title, altText, takenAt, location, rank, uploadState,
    linkedTo (set), tags (set), shared`,
  members: 'deviceId*, personName, role*, weddings (set), revokedAt (min)',
  // "as timeline or vendor, without times or wedding"
  templates: `title*, durationMin, location (ask), status, category, priority, description (text), notes (text), people (set),
    assignedVendors (set), tags (set), fixed (true), buffer (true), approximate, rank, section, backupLocation,
    dependencies (set), done (true), delayReason, internalNotes (i text), vendorNotes (text)`,
  vendor_directory: `name*, company, type, status, delayReason, callFirstAbout, needs, mealCount (max), estimated (m ask),
    actual (m ask), contractStatus (i ask), notes (text), tags (set)`,
}

/** What we have on top of it, or otherwise, and why. */
export const DEPARTURES: Readonly<Record<string, string>> = {
  // "`set` or all": no set can say "all". The hub that admits a device writes the value once.
  'members.weddings': '',
  // Who the device belongs to and what it is called, told by the hub that admitted it.
  'members.userId': '',
  'members.deviceName': '',
  // Thumbnail and preview of §3.2 are blobs of their own, named by their hashes.
  'photos.thumbnailSha256': '',
  'photos.previewSha256': '',
  'documents.thumbnailSha256': '',
  'documents.previewSha256': '',
}

/** Tables of our own: `actors` says whose edits are whose (`docs/decisions/0001-actor-names-person-and-device.md`). */
export const OUR_TABLES: readonly string[] = ['actors', 'device_keys', 'wrapped_keys', 'recovery_boxes']

const CLASSES: Readonly<Record<string, string>> = { p: 'private', d: 'diet', m: 'money', i: 'inner' }

/** One line per field of a table's line above, such as `date* open ask`. */
export function specified(line: string): readonly string[] {
  return line.split(/,\s+/).map((entry) => {
    const [, field = '', marks = ''] = /^(\w+\*?)(?: \((.+)\))?$/.exec(entry) ?? []
    if (field === '') throw new Error(`cannot read ${entry}`)
    const words = marks.split(' ').filter((mark) => mark !== '')
    const readClass = words.map((word) => CLASSES[word]).find((word) => word !== undefined)
    return `${field} ${readClass ?? 'open'} ${words.find((word) => !Object.hasOwn(CLASSES, word)) ?? 'lww'}`
  })
}
