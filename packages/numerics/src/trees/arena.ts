const bytesPerPage = 65_536
// Addresses in a WebAssembly memory have 32 bits: 4 GiB.
const mostPages = 65_536

/** Arrays in the one memory that the kernels reach, each on pages of its own. */
export interface Arena {
  readonly memory: WebAssembly.Memory
  bytes(length: number): Uint8Array<SharedArrayBuffer>
  words(length: number): Uint32Array<SharedArrayBuffer>
  floats(length: number): Float32Array<SharedArrayBuffer>
  doubles(length: number): Float64Array<SharedArrayBuffer>
}

/** The array functions throw a RangeError when there would be more than 4 GiB. */
export function createArena(): Arena {
  const memory = new WebAssembly.Memory({ initial: 0, maximum: mostPages, shared: true })
  const take = (byteCount: number): [SharedArrayBuffer, number] => {
    const pages = Math.ceil(byteCount / bytesPerPage)
    const at = memory.buffer.byteLength
    if (at / bytesPerPage + pages > mostPages) {
      throw new RangeError('trees: the rows take more than 4 GiB in training; train on a sample of them')
    }
    memory.grow(pages)
    // The type of `buffer` does not know that the memory is shared.
    return [memory.buffer as unknown as SharedArrayBuffer, at]
  }
  return {
    memory,
    bytes: (length) => new Uint8Array(...take(length), length),
    words: (length) => new Uint32Array(...take(4 * length), length),
    floats: (length) => new Float32Array(...take(4 * length), length),
    doubles: (length) => new Float64Array(...take(8 * length), length),
  }
}
