/**
 * What a guest eats. Three things that lists mix up are kept apart: a meal or way of eating (`jain`), an allergy, and
 * whether someone said "none" or said nothing.
 */
import { listIn, saysNone } from './lists.ts'

export interface DietCells {
  readonly meal: string
  readonly dietary: string
  readonly allergies: string
}

export interface Diet {
  readonly meal?: string
  /** As written by the guest. */
  readonly dietary?: string
  /** Empty: asked, and has none. Absent: not stated. */
  readonly allergies?: readonly string[]
  readonly warnings: readonly string[]
}

const ALLERGY = /allerg|intoleran|anaphyla|c(o?e)liac|epi-?pen|\bsevere\b/i
const WAY_OF_EATING =
  /^(jain|vegan|vegetarian|veggie|non[ _-]?veg(etarian)?|pescatarian|halal|kosher|hindu|no (beef|pork|alcohol))$/i

/** Reads the diet cells of one guest. */
export function readDiet({ meal, dietary, allergies }: DietCells): Diet {
  const warnings: string[] = []
  const listed = saysNone(allergies) ? [] : listIn(allergies)
  const found = listed.filter((member) => !WAY_OF_EATING.test(member))
  const eating = listed.filter((member) => WAY_OF_EATING.test(member))
  const inDiet = saysNone(dietary) ? [] : listIn(dietary).filter((member) => ALLERGY.test(member))
  const inMeal = listIn(meal).filter((member) => ALLERGY.test(member))
  if (inMeal.length > 0) {
    warnings.push(`The meal "${meal}" speaks of an allergy, so it was also noted as an allergy. Check it.`)
  }
  if (saysNone(allergies) && inDiet.length + inMeal.length > 0) {
    warnings.push('One column says there is no allergy and another names one; the named one was noted. Check it.')
  }
  const all = [...new Set([...found, ...inDiet, ...inMeal])]
  const asked = saysNone(allergies) || saysNone(dietary)
  const words = [dietary, ...eating.filter((member) => !dietary.toLowerCase().includes(member.toLowerCase()))]
  const text = words.filter((word) => word !== '').join('; ')
  const said = text === '' && saysNone(allergies) ? allergies : text
  return {
    ...(meal === '' ? {} : { meal }),
    // An empty list printed by a program reads badly on a caterer's sheet.
    ...(said === '' ? {} : { dietary: /^\[\s*\]$/.test(said) ? 'none' : said }),
    ...(all.length > 0 || asked ? { allergies: all } : {}),
    warnings,
  }
}
