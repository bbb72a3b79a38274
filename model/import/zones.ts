/**
 * Zone names as calendars write them: IANA (`Europe/Lisbon`), Windows (`Eastern Standard Time`), what Outlook shows its
 * users (`(UTC-05:00) Eastern Time (US & Canada)`), or a path that ends in one (`/mozilla.org/20050126_1/Europe/Berlin`).
 */
import { IANAZone } from 'luxon'
import { findIana } from 'windows-iana'

export interface ZoneReading {
  /** Undefined if the name says nothing we understand. */
  readonly zone: string | undefined
  readonly warning?: string
}

/** Outlook's display names without their offset, in lower case, to Windows zone names, which have IANA names. */
const DISPLAY_NAMES: Readonly<Record<string, string>> = {
  'international date line west': 'Dateline Standard Time',
  hawaii: 'Hawaiian Standard Time',
  alaska: 'Alaskan Standard Time',
  'pacific time (us & canada)': 'Pacific Standard Time',
  'baja california': 'Pacific Standard Time (Mexico)',
  arizona: 'US Mountain Standard Time',
  'mountain time (us & canada)': 'Mountain Standard Time',
  'chihuahua, la paz, mazatlan': 'Mountain Standard Time (Mexico)',
  'central time (us & canada)': 'Central Standard Time',
  'central america': 'Central America Standard Time',
  'guadalajara, mexico city, monterrey': 'Central Standard Time (Mexico)',
  saskatchewan: 'Canada Central Standard Time',
  'eastern time (us & canada)': 'Eastern Standard Time',
  'indiana (east)': 'US Eastern Standard Time',
  'bogota, lima, quito': 'SA Pacific Standard Time',
  'bogota, lima, quito, rio branco': 'SA Pacific Standard Time',
  'atlantic time (canada)': 'Atlantic Standard Time',
  caracas: 'Venezuela Standard Time',
  santiago: 'Pacific SA Standard Time',
  newfoundland: 'Newfoundland Standard Time',
  brasilia: 'E. South America Standard Time',
  'buenos aires': 'Argentina Standard Time',
  'city of buenos aires': 'Argentina Standard Time',
  azores: 'Azores Standard Time',
  'cabo verde is.': 'Cape Verde Standard Time',
  'coordinated universal time': 'UTC',
  'dublin, edinburgh, lisbon, london': 'GMT Standard Time',
  'greenwich mean time : dublin, edinburgh, lisbon, london': 'GMT Standard Time',
  'monrovia, reykjavik': 'Greenwich Standard Time',
  casablanca: 'Morocco Standard Time',
  'amsterdam, berlin, bern, rome, stockholm, vienna': 'W. Europe Standard Time',
  'belgrade, bratislava, budapest, ljubljana, prague': 'Central Europe Standard Time',
  'brussels, copenhagen, madrid, paris': 'Romance Standard Time',
  'sarajevo, skopje, warsaw, zagreb': 'Central European Standard Time',
  'west central africa': 'W. Central Africa Standard Time',
  'athens, bucharest': 'GTB Standard Time',
  'athens, bucharest, istanbul': 'GTB Standard Time',
  beirut: 'Middle East Standard Time',
  cairo: 'Egypt Standard Time',
  chisinau: 'E. Europe Standard Time',
  'harare, pretoria': 'South Africa Standard Time',
  'helsinki, kyiv, riga, sofia, tallinn, vilnius': 'FLE Standard Time',
  jerusalem: 'Israel Standard Time',
  istanbul: 'Turkey Standard Time',
  'kuwait, riyadh': 'Arab Standard Time',
  'moscow, st. petersburg': 'Russian Standard Time',
  nairobi: 'E. Africa Standard Time',
  tehran: 'Iran Standard Time',
  'abu dhabi, muscat': 'Arabian Standard Time',
  'islamabad, karachi': 'Pakistan Standard Time',
  'chennai, kolkata, mumbai, new delhi': 'India Standard Time',
  'sri jayawardenepura': 'Sri Lanka Standard Time',
  kathmandu: 'Nepal Standard Time',
  dhaka: 'Bangladesh Standard Time',
  'bangkok, hanoi, jakarta': 'SE Asia Standard Time',
  'beijing, chongqing, hong kong, urumqi': 'China Standard Time',
  'kuala lumpur, singapore': 'Singapore Standard Time',
  perth: 'W. Australia Standard Time',
  taipei: 'Taipei Standard Time',
  'osaka, sapporo, tokyo': 'Tokyo Standard Time',
  seoul: 'Korea Standard Time',
  adelaide: 'Cen. Australia Standard Time',
  darwin: 'AUS Central Standard Time',
  brisbane: 'E. Australia Standard Time',
  'canberra, melbourne, sydney': 'AUS Eastern Standard Time',
  hobart: 'Tasmania Standard Time',
  'auckland, wellington': 'New Zealand Standard Time',
  fiji: 'Fiji Standard Time',
}

/** The IANA zone that a calendar means, or one of fixed offset with a warning. */
export function zoneNamed(tzid: string): ZoneReading {
  const name = tzid.trim().replace(/^"(.*)"$/, '$1')
  if (IANAZone.isValidZone(name)) return { zone: name }
  const tail = /([A-Za-z]+\/[A-Za-z_]+(?:\/[A-Za-z_]+)?)$/.exec(name)?.[1]
  if (tail !== undefined && IANAZone.isValidZone(tail)) return { zone: tail }

  const offset = /^\((?:UTC|GMT)(?:([+-])(\d{1,2}):?(\d{2}))?\)\s*(.*)$/.exec(name)
  const display = (offset?.[4] ?? name).trim()
  const zone = findIana(DISPLAY_NAMES[display.toLowerCase()] ?? display)[0]
  if (zone !== undefined) return { zone }
  if (offset === null) return { zone: undefined }
  const [, sign = '+', hours = '0', minutes = '00'] = offset
  const fixed = `UTC${sign}${Number(hours)}:${minutes}`
  return {
    zone: fixed,
    warning: `The time zone "${name}" is not known; its offset ${fixed} was taken, without summer time. Check the times.`,
  }
}
