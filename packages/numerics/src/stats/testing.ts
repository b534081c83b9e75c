/** Spread numbers in [0, 1) that Python gives digit for digit: `numpy.arange(count) * step % modulus / modulus`. */
export function lattice(count: number, step: number, modulus: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => ((i * step) % modulus) / modulus)
}

/** As `lattice`, to two decimals, so that ties occur: `numpy.round(…, 2)`. */
export function tiedLattice(count: number, step: number, modulus: number): Float64Array {
  return lattice(count, step, modulus).map((value) => Math.round(value * 100) / 100)
}
