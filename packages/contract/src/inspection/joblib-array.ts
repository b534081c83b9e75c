import type { Cursor } from './cursor.ts'
import { InspectionError } from './error.ts'
import { isKind, itemsOf, type Made, nameOf, type Value } from './values.ts'

export const isJoblibArray = ({ by }: Made): boolean => nameOf(by) === 'joblib.numpy_pickle.NumpyArrayWrapper'

/**
 * How many bytes of an array follow its wrapper, the padding before them already passed. Whoever could make us pass more
 * than joblib does could hide operations there, so only what numpy itself writes is taken.
 *
 * @throws InspectionError when the wrapper does not say without doubt how large the array is
 * @see https://github.com/joblib/joblib/blob/main/joblib/numpy_pickle.py
 */
export function arrayBytes(cursor: Cursor, { state }: Made): number | 'objects' {
  if (!isKind(state, 'dict') || !state.isWhole) throw unclear()
  const itemBytes = itemBytesOf(state.entries.get('dtype'))
  if (itemBytes === 'objects') return 'objects'
  const shape = state.entries.get('shape')
  if (!isKind(shape, 'tuple') || !shape.items.every(isLength)) throw unclear()
  const total = shape.items.reduce<number>((product, length) => product * Number(length), itemBytes)
  if (!Number.isSafeInteger(total)) throw unclear()
  const alignment = state.entries.get('numpy_array_alignment_bytes')
  if (alignment !== undefined && alignment !== null) cursor.skip(cursor.uint8())
  return total
}

const isLength = (value: Value): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

const unclear = () => new InspectionError('It is damaged: an array does not say how large it is.')

const deepestRecord = 4
/** A record begins with an object, or holds one. */
const objectFlag = 1

/**
 * Of `numpy.dtype('f8', …)`.
 *
 * @see https://github.com/numpy/numpy/blob/main/numpy/_core/src/multiarray/descriptor.c, `arraydescr_setstate`
 */
function itemBytesOf(dtype: Value | undefined, depth = 0): number | 'objects' {
  if (!isKind(dtype, 'made') || nameOf(dtype.by) !== 'numpy.dtype' || depth > deepestRecord) throw unclear()
  const code = itemsOf(dtype.args)[0]
  const [, letter, digits] = /^([biufcmMOSUV])(\d{1,9})$/.exec(typeof code === 'string' ? code : '') ?? []
  const state = itemsOf(dtype.state)
  const flags = state[7] ?? (letter === 'O' ? objectFlag : 0)
  if (letter === undefined || typeof flags !== 'number') throw unclear()
  if ((flags & objectFlag) !== (letter === 'O' ? objectFlag : 0)) throw unclear()
  if (letter === 'O') return 'objects'
  return /[SUV]/.test(letter) ? flexibleBytes(letter, Number(digits), state, depth) : Number(digits)
}

/** Texts and records say their size in their state; every field of a record must be plain. */
function flexibleBytes(letter: string, count: number, state: readonly Value[], depth: number): number {
  const told = state[5] ?? (letter === 'U' ? 4 * count : count)
  if (!isLength(told) || isPart(state[2])) throw unclear()
  const [names, fields] = [state[3], state[4]]
  if (!isPart(fields)) return told
  if (!isKind(fields, 'dict') || !fields.isWhole || fields.entries.size !== itemsOf(names).length) throw unclear()
  for (const field of fields.entries.values())
    if (itemBytesOf(itemsOf(field)[0], depth + 1) === 'objects') throw unclear()
  return told
}

const isPart = (value: Value | undefined): boolean => value !== undefined && value !== null
