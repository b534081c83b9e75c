/** A file that cannot be inspected; the message says why, in a sentence. */
export class InspectionError extends Error {
  override readonly name = 'InspectionError'
}
