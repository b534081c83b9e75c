import { badRequest } from './refusal.ts'
import { type Datatype, makeData, type Numbers, type TensorData } from './tensor.ts'

const ranges = {
  UINT8: [0, 255],
  UINT16: [0, 65_535],
  UINT32: [0, 4_294_967_295],
  INT8: [-128, 127],
  INT16: [-32_768, 32_767],
  INT32: [-2_147_483_648, 2_147_483_647],
} as const
const bigRanges = {
  UINT64: [0n, 2n ** 64n - 1n],
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
} as const
const notFinite: Readonly<Record<string, number>> = { NaN: NaN, Infinity, '-Infinity': -Infinity }

/**
 * Reads the `data` of an input, flat or nested. For floats, `null` and `"NaN"` are NaN, and `"Infinity"` and
 * `"-Infinity"` are taken; 64-bit integers may be decimal strings.
 *
 * @param length - number of elements by the shape
 * @throws Refusal (400) when an element does not fit the datatype, or there are not `length` of them
 */
export function readJsonData(name: string, datatype: Datatype, length: number, data: unknown): TensorData {
  if (!Array.isArray(data)) throw badRequest(`Input "${name}" has no "data" array; send its elements there.`)
  const elements = data.some(Array.isArray) ? (data.flat(100) as unknown[]) : (data as unknown[])
  if (elements.length !== length) {
    throw badRequest(`Input "${name}" has ${elements.length} elements, but its shape asks for ${length}.`)
  }
  if (datatype === 'BYTES') return readTexts(name, elements)
  if (datatype === 'FP16') throw badRequest(`Input "${name}": JSON carries no FP16; send it as binary data.`)
  return readNumbers(name, datatype, elements)
}

function readTexts(name: string, elements: readonly unknown[]): string[] {
  for (const element of elements) {
    if (typeof element !== 'string') throw misfit(name, 'BYTES', element)
    checkText(name, element)
  }
  return elements as string[]
}

/** The engine cuts text at the first NUL without a word, and half a surrogate pair has no UTF-8. */
export function checkText(name: string, text: string): void {
  if (text.includes('\0')) throw badRequest(`Input "${name}" holds a text with a NUL character; remove it.`)
  if (!text.isWellFormed()) throw badRequest(`Input "${name}" holds a text that has no UTF-8 form.`)
}

function readNumbers(
  name: string,
  datatype: Exclude<Datatype, 'BYTES' | 'FP16'>,
  elements: readonly unknown[],
): Numbers {
  const data = makeData(datatype, elements.length) as Float64Array
  for (let i = 0; i < elements.length; i++) {
    const value = readNumber(datatype, elements[i])
    if (value === undefined) throw misfit(name, datatype, elements[i])
    data[i] = value as number
  }
  return data
}

function readNumber(datatype: Exclude<Datatype, 'BYTES' | 'FP16'>, element: unknown): number | bigint | undefined {
  switch (datatype) {
    case 'FP32':
    case 'FP64':
      return readFloat(element)
    case 'BOOL':
      return element === true || element === 1 ? 1 : element === false || element === 0 ? 0 : undefined
    case 'INT64':
    case 'UINT64':
      return readBigInteger(bigRanges[datatype], element)
    case 'UINT8':
    case 'UINT16':
    case 'UINT32':
    case 'INT8':
    case 'INT16':
    case 'INT32':
      return readInteger(ranges[datatype], element)
  }
}

function readFloat(element: unknown): number | undefined {
  if (typeof element === 'number') return element
  if (element === null) return NaN
  if (typeof element === 'bigint') return Number(element)
  return typeof element === 'string' ? notFinite[element] : undefined
}

function readInteger([least, most]: readonly [number, number], element: unknown): number | undefined {
  return Number.isInteger(element) && (element as number) >= least && (element as number) <= most
    ? (element as number)
    : undefined
}

function readBigInteger([least, most]: readonly [bigint, bigint], element: unknown): bigint | undefined {
  const readable =
    typeof element === 'bigint' ||
    Number.isInteger(element) ||
    (typeof element === 'string' && /^-?\d{1,20}$/.test(element))
  if (!readable) return undefined
  const value = BigInt(element as bigint | number | string)
  return value >= least && value <= most ? value : undefined
}

const misfit = (name: string, datatype: Datatype, element: unknown) =>
  badRequest(`Input "${name}" holds ${shown(element)}, which is no ${datatype}.`)

function shown(element: unknown): string {
  const text = typeof element === 'bigint' ? String(element) : JSON.stringify(element)
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
