/**
 * As much of the WebAssembly binary format as the histogram kernel needs.
 *
 * @see https://webassembly.github.io/spec/core/binary/index.html
 */

/** Bytes of code or of a section, in nested lists. */
export type Code = number | readonly Code[]

const i32 = 0x7f
const v128 = 0x7b
const sharedWithin = 0x03
const mostPages = 65_536
const localTypes = { i32, v128 }

export const get = (local: number): Code => [0x20, local]
export const set = (local: number): Code => [0x21, local]
export const tee = (local: number): Code => [0x22, local]
export const i32Const = (value: number): Code => [0x41, signed(value)]
export const i32Load: Code = [0x28, 2, 0]
export const i32Load8: Code = [0x2d, 0, 0]
export const i32Store: Code = [0x36, 2, 0]
export const i32LessUnsigned: Code = [0x49]
export const i32Add: Code = [0x6a]
export const i32Subtract: Code = [0x6b]
export const i32And: Code = [0x71]
export const i32ShiftLeft: Code = [0x74]
export const i32ShiftRightUnsigned: Code = [0x76]
/** Takes the addresses to and from, and how many bytes. */
export const memoryCopy: Code = [0xfc, 10, 0, 0]

/** Loads 64 bits as two float32 and makes them two float64. */
export const loadFloatPair: Code = [0xfd, 0x5d, 2, 0, 0xfd, 0x5f]
export const v128Load = (offset: number): Code => [0xfd, 0x00, 3, unsigned(offset)]
export const v128Store = (offset: number): Code => [0xfd, 0x0b, 3, unsigned(offset)]
export const addDoublePair: Code = [0xfd, unsigned(0xf0)]

/** Repeats the body while it leaves a number other than 0. */
export const repeatWhile = (body: Code): Code => [0x03, 0x40, body, 0x0d, 0, 0x0b]

/** A function of integers. Parameters are the first locals; it returns what the body leaves. */
export interface WasmFunction {
  readonly name: string
  readonly parameterCount: number
  /** 0, or 1 for an integer. */
  readonly resultCount: 0 | 1
  readonly locals: readonly ('i32' | 'v128')[]
  readonly body: Code
}

/** A module whose functions share one imported memory, `env.memory`. */
export function wasmModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const bytes = [
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    section(
      1,
      vector(
        functions.map(({ parameterCount, resultCount }) => [0x60, integers(parameterCount), integers(resultCount)]),
      ),
    ),
    section(2, vector([[name('env'), name('memory'), 0x02, sharedWithin, 0, unsigned(mostPages)]])),
    section(3, vector(functions.map((_, index) => index))),
    section(7, vector(functions.map((fn, index) => [name(fn.name), 0x00, index]))),
    section(10, vector(functions.map(({ locals, body }) => sized([declare(locals), body, 0x0b])))),
  ]
  return Uint8Array.from(flat(bytes))
}

const integers = (count: number): Code => vector(Array.from({ length: count }, () => i32))
const section = (id: number, content: Code): Code => [id, sized(content)]
const vector = (items: readonly Code[]): Code => [unsigned(items.length), items]
const sized = (content: Code): Code => [unsigned(flat(content).length), content]
const name = (text: string): Code => vector([...new TextEncoder().encode(text)])
const declare = (locals: WasmFunction['locals']): Code => vector(locals.map((type) => [1, localTypes[type]]))

function flat(code: Code): number[] {
  return typeof code === 'number' ? [code] : code.flatMap(flat)
}

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)]
}

/** Signed LEB128. */
function signed(value: number): number[] {
  const rest = value >> 7
  const isLast = rest === (value & 64 ? -1 : 0)
  return isLast ? [value & 127] : [(value & 127) | 128, ...signed(rest)]
}
