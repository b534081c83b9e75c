/**
 * Seeded generator of uniform numbers: xoshiro128**, its state filled by splitmix32.
 *
 * For simulation, resampling and shuffling; never for secrets.
 *
 * @param seed - integer; only its low 32 bits count
 * @returns a function whose every call gives the next number in [0, 1), a multiple of 2^-53
 * @throws RangeError when the seed is not a whole number
 * @see Blackman and Vigna, Scrambled Linear Pseudorandom Number Generators (2021)
 */
export function seededRandom(seed: number): () => number {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`random: the seed is ${seed}; give a whole number`)
  const next = xoshiro128(splitmix32(seed))
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53
}

function xoshiro128(fill: () => number): () => number {
  const s = Uint32Array.of(fill(), fill(), fill(), fill())
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(s[1]!, 5), 7), 9)
    const shifted = s[1]! << 9
    s[2]! ^= s[0]!
    s[3]! ^= s[1]!
    s[1]! ^= s[2]!
    s[0]! ^= s[3]!
    s[2]! ^= shifted
    s[3] = rotateLeft(s[3]!, 11)
    return result
  }
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

function splitmix32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let word = state
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
    return word ^ (word >>> 16)
  }
}
