/** The bytes are not a model that can be read; the message says why and what would help. */
export class ForeignModelError extends Error {
  override readonly name = 'ForeignModelError'
}
