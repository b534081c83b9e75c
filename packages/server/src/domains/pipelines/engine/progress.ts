/** How far a step is, as it says itself. */
export interface Progress {
  /** Done so far, in [0, 1]. */
  readonly share: number
  readonly says: string
}
