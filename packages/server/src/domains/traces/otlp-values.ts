import type { OtlpAttribute, OtlpValue } from '@evenkeel/contract'

/** An attribute as plain JSON; integers beyond 2^53 as digits. */
export function plainValue(value: OtlpValue | undefined): unknown {
  if (value?.array_value) return (value.array_value.values ?? []).map(plainValue)
  if (value?.kvlist_value) return plainAttributes(value.kvlist_value.values)
  if (value?.int_value !== undefined) {
    const number = Number(value.int_value)
    return Number.isSafeInteger(number) ? number : value.int_value
  }
  return value?.string_value ?? value?.bool_value ?? value?.double_value ?? value?.bytes_value ?? null
}

/** Later ones of the same name win. */
export const plainAttributes = (attributes: readonly OtlpAttribute[] = []): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key = '', value }) => [key, plainValue(value)]))

/** What a text that is JSON says; programs that keep attributes as texts write them so. */
export function unquoted(value: unknown): unknown {
  if (typeof value !== 'string' || !/^["[{]/.test(value)) return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
