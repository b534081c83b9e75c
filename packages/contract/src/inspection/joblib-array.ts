import type { Cursor } from './cursor.ts'
import { InspectionError } from './error.ts'
import { attributesOf, isKind, itemsOf, type Made, nameOf, type Value } from './values.ts'

export const isJoblibArray = ({ by }: Made): boolean => nameOf(by) === 'joblib.numpy_pickle.NumpyArrayWrapper'

/**
 * How many bytes of an array follow its wrapper, the padding before them already passed.
 *
 * @throws InspectionError when the wrapper does not say how large the array is
 * @see https://github.com/joblib/joblib/blob/main/joblib/numpy_pickle.py
 */
export function arrayBytes(cursor: Cursor, wrapper: Made): number | 'objects' {
  const attributes = attributesOf(wrapper)
  const itemBytes = itemBytesOf(attributes.get('dtype'))
  if (itemBytes === 'objects') return 'objects'
  const shape = itemsOf(attributes.get('shape'))
  const count = shape.reduce<number>((product, length) => product * (typeof length === 'number' ? length : NaN), 1)
  const alignment = attributes.get('numpy_array_alignment_bytes')
  if (alignment !== undefined && alignment !== null) cursor.skip(cursor.uint8())
  if (!Number.isSafeInteger(count * itemBytes) || count < 0)
    throw new InspectionError('It is damaged: an array does not say how large it is.')
  return count * itemBytes
}

/** Of `numpy.dtype('f8', …)`: the number in its code, except for records and texts, whose state has it. */
function itemBytesOf(dtype: Value | undefined): number | 'objects' {
  const code = isKind(dtype, 'made') ? itemsOf(dtype.args)[0] : undefined
  const [, letter, digits] = /^[<>|=]?([a-zA-Z?])(\d*)$/.exec(typeof code === 'string' ? code : '') ?? []
  if (letter === undefined) throw new InspectionError('It is damaged: an array does not say of what type it is.')
  if (letter === 'O') return 'objects'
  const stated = isKind(dtype, 'made') ? itemsOf(dtype.state)[5] : undefined
  if (typeof stated === 'number' && stated > 0) return stated
  return letter === 'U' ? 4 * Number(digits) : letter === '?' ? 1 : Number(digits)
}
