/**
 * A number that depends on nothing but its arguments, so that threads draw without talking to each other.
 *
 * @returns uniform in [0, 1)
 * @see https://github.com/aappleby/smhasher, the 32-bit finaliser of MurmurHash3
 */
export function uniformAt(seed: number, stream: number, index: number): number {
  return uniformOf(seed, stream)(index)
}

/** The numbers of one stream by their index. */
export function uniformOf(seed: number, stream: number): (index: number) => number {
  const start = mix(mix(seed | 0) ^ stream)
  return (index) => (mix(start ^ index) >>> 0) / 2 ** 32
}

function mix(value: number): number {
  let bits = (value + 0x9e3779b9) | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return bits ^ (bits >>> 16)
}
