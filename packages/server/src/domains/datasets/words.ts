/** Numbers as people read them in a sentence. */
export const inWords = (value: number): string => value.toLocaleString('en-US', { maximumSignificantDigits: 6 })

export const percent = (share: number): string =>
  `${(share * 100).toLocaleString('en-US', { maximumSignificantDigits: 3 })} %`

/** "3 of 1,000 rows (0.3 %)" */
export const partOf = (count: number, total: number, things: string): string =>
  `${count.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} ${things} (${percent(total === 0 ? 0 : count / total)})`

/** Factors that a change of the unit leaves behind. */
const conversions: readonly (readonly [factor: number, says: string])[] = [
  [1.609344, 'miles became kilometres'],
  [1 / 1.609344, 'kilometres became miles'],
  [0.3048, 'feet became metres'],
  [1 / 0.3048, 'metres became feet'],
  [0.45359237, 'pounds became kilograms'],
  [1 / 0.45359237, 'kilograms became pounds'],
  [60, 'minutes became seconds, or hours minutes'],
  [1 / 60, 'seconds became minutes, or minutes hours'],
  [3600, 'hours became seconds'],
  [1 / 3600, 'seconds became hours'],
  [100, 'a share became a percentage, or a unit its hundredth'],
  [0.01, 'a percentage became a share, or a hundredth its unit'],
  [1000, 'a unit became its thousandth'],
  [0.001, 'a thousandth became its unit'],
]

/** What a factor between new and old values looks like; undefined when it is none that is known. */
export const conversionOf = (factor: number): string | undefined =>
  conversions.find(([known]) => Math.abs(factor / known - 1) < 0.005)?.[1]
