export type EndState = 'succeeded' | 'failed' | 'skipped' | 'cancelled'

/** A step is over. */
export interface End {
  readonly kind: 'end'
  readonly step: string
  readonly state: EndState
  readonly reason: string
}

export const end = ({ key }: { readonly key: string }, state: EndState, reason: string): { readonly action: End } => ({
  action: { kind: 'end', step: key, state, reason },
})
