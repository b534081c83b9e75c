import { z } from 'zod'

/** What a step wrote is not what a step may write. `message` says what is wrong and what to do instead. */
class ValuesError extends Error {
  override readonly name = 'ValuesError'
}

export const valuesLimitBytes = 1024 ** 2
const valueLimitBytes = 64 * 1024

const Json = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))

/**
 * Reads the small values a step left: lines `key=value`, `key<<END` up to a line `END`, or one JSON object per line.
 *
 * @throws ValuesError for a line of no such form, or a value past 64 KiB
 */
export function parseValues(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!
    const [, name, mark] = /^([\w.-]+)<<(.+)$/.exec(line) ?? []
    if (name !== undefined) {
      const end = lines.indexOf(mark!, at + 1)
      if (end < 0) throw new ValuesError(`The value "${name}" does not end: write a line "${mark}" after it.`)
      values[name] = lines.slice(at + 1, end).join('\n')
      at = end
    } else if (line.trim() !== '') {
      Object.assign(values, parseLine(line))
    }
  }
  for (const [key, value] of Object.entries(values)) checkSize(key, value)
  return values
}

function parseLine(line: string): Record<string, string> {
  if (line.startsWith('{')) return parseJson(line)
  const [, key, value] = /^([\w.-]+)=(.*)$/.exec(line) ?? []
  if (key === undefined) throw new ValuesError(`"${line.slice(0, 80)}" is no value; write key=value, one per line.`)
  return { [key]: value! }
}

function parseJson(line: string): Record<string, string> {
  try {
    return Object.fromEntries(Object.entries(Json.parse(JSON.parse(line))).map(([key, value]) => [key, String(value)]))
  } catch (cause) {
    throw new ValuesError(`"${line.slice(0, 80)}" is no JSON object of plain values; write one per line.`, { cause })
  }
}

function checkSize(key: string, value: string): void {
  if (Buffer.byteLength(value) <= valueLimitBytes) return
  throw new ValuesError(`The value "${key}" is larger than 64 KiB; write it to a file and declare it as an output.`)
}
