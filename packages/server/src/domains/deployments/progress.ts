/** How far a live node has come in one environment. */
export interface NodeProgress {
  readonly node: string
  readonly loadedGeneration: number
  readonly servingGeneration: number
  readonly refusedGeneration: number
  readonly refusal: string
}

export type FleetProgress =
  | { readonly state: 'no_node' }
  | { readonly state: 'refused'; readonly node: string; readonly refusal: string }
  | { readonly state: 'waiting'; readonly nodes: readonly string[] }
  | { readonly state: 'done' }

/** Whether every live node has acknowledged a generation, or a later one. What it acknowledged outweighs a refusal. */
export function fleetProgress(
  nodes: readonly NodeProgress[],
  generation: number,
  stage: 'loaded' | 'serving',
): FleetProgress {
  if (nodes.length === 0) return { state: 'no_node' }
  const reached = stage === 'loaded' ? 'loadedGeneration' : 'servingGeneration'
  const missing = nodes.filter((node) => node[reached] < generation)
  const refused = missing.find(({ refusedGeneration }) => refusedGeneration >= generation)
  if (refused) return { state: 'refused', node: refused.node, refusal: refused.refusal }
  return missing.length > 0 ? { state: 'waiting', nodes: missing.map(({ node }) => node) } : { state: 'done' }
}
