/** Pixels. */
export const NODE_HEIGHT = 46
const GAP = 12
/** Width of a step and of the gap beside it, so that a usual pipeline fits a usual window. */
const WIDTHS = [
  { columns: 4, node: 184, gap: 44 },
  { columns: 5, node: 164, gap: 40 },
  { columns: Number.POSITIVE_INFINITY, node: 138, gap: 30 },
] as const
/** Room for an edge that passes a column. */
const LANE_HEIGHT = 10
/** Times the columns are put in order, from the left and back; more changes next to nothing. */
const SWEEPS = 4

export interface GraphStep {
  readonly key: string
  readonly needs: readonly string[]
}

export interface PlacedStep extends Place {
  readonly key: string
  readonly column: number
}

export interface Edge {
  readonly from: string
  readonly to: string
  /** Path data of SVG. */
  readonly path: string
}

export interface Layout {
  readonly width: number
  readonly height: number
  readonly nodeWidth: number
  readonly steps: readonly PlacedStep[]
  readonly edges: readonly Edge[]
}

/** Upper left corner. */
interface Place {
  readonly x: number
  readonly y: number
}

/** A step, or the place where an edge passes a column. */
interface Slot {
  readonly id: string
  readonly column: number
  readonly step?: string
  readonly before: string[]
  readonly after: string[]
}

/**
 * Draws an acyclic graph from left to right: a column per length of the longest way to it, within a column in the
 * order that crosses few edges, and long edges between the steps instead of behind them.
 *
 * @see Sugiyama, Tagawa and Toda (1981), the barycentre method
 */
export function layoutOf(steps: readonly GraphStep[]): Layout {
  const { slots, chains } = slotsOf(steps)
  const columns = ordered(slots)
  const height = Math.max(0, ...columns.map(heightOf))
  const { node, gap } = WIDTHS.find((one) => columns.length <= one.columns)!
  const places = new Map<string, Place>()
  for (const [column, own] of columns.entries()) {
    let y = (height - heightOf(own)) / 2
    for (const slot of own) {
      places.set(slot.id, { x: column * (node + gap), y })
      y += sizeOf(slot) + GAP
    }
  }
  return {
    width: Math.max(0, columns.length * (node + gap) - gap),
    height,
    nodeWidth: node,
    steps: slots.flatMap(({ id, column, step }) =>
      step === undefined ? [] : [{ key: step, column, ...places.get(id)! }],
    ),
    edges: chains.map((chain) => edgeOf(chain, places, node)),
  }
}

/** The column of each step: how many steps the longest way to it has. */
export function columnsOf(steps: readonly GraphStep[]): Map<string, number> {
  const byKey = new Map(steps.map((step) => [step.key, step]))
  const columns = new Map<string, number>()
  const visit = ({ key, needs }: GraphStep): number => {
    const known = columns.get(key)
    if (known !== undefined) return known
    // Also ends a circle, which no server should send.
    columns.set(key, 0)
    const before = needs.flatMap((need) => (byKey.has(need) ? [visit(byKey.get(need)!)] : []))
    const column = before.length === 0 ? 0 : Math.max(...before) + 1
    columns.set(key, column)
    return column
  }
  for (const step of steps) visit(step)
  return columns
}

function slotsOf(steps: readonly GraphStep[]): { slots: readonly Slot[]; chains: readonly (readonly Slot[])[] } {
  const columns = columnsOf(steps)
  const slots = new Map<string, Slot>()
  const add = (slot: Omit<Slot, 'before' | 'after'>) => {
    const made = { ...slot, before: [], after: [] }
    slots.set(slot.id, made)
    return made
  }
  for (const { key } of steps) add({ id: key, column: columns.get(key)!, step: key })
  const chains = steps.flatMap(({ key, needs }) =>
    [...new Set(needs)].filter((need) => columns.has(need)).map((need) => chainOf(slots, add, need, key)),
  )
  return { slots: [...slots.values()], chains }
}

function chainOf(
  slots: ReadonlyMap<string, Slot>,
  add: (slot: Omit<Slot, 'before' | 'after'>) => Slot,
  from: string,
  to: string,
): readonly Slot[] {
  const first = slots.get(from)!
  const last = slots.get(to)!
  const between = Array.from({ length: Math.max(0, last.column - first.column - 1) }, (_, i) =>
    add({ id: `${from} > ${to} ${i}`, column: first.column + 1 + i }),
  )
  const chain = [first, ...between, last]
  for (const [i, slot] of chain.slice(1).entries()) {
    slot.before.push(chain[i]!.id)
    chain[i]!.after.push(slot.id)
  }
  return chain
}

/** The slots by column, each column in the order that brings neighbours close to each other. */
function ordered(slots: readonly Slot[]): readonly (readonly Slot[])[] {
  const count = Math.max(0, ...slots.map(({ column }) => column + 1))
  const columns = Array.from({ length: count }, (_, column) => slots.filter((slot) => slot.column === column))
  const places = new Map(columns.flatMap((own) => own.map((slot, i) => [slot.id, (i + 0.5) / own.length] as const)))
  const arrange = (column: number, side: 'before' | 'after') => {
    const own = columns[column]!
    const middle = (slot: Slot) => {
      const neighbours = slot[side].map((id) => places.get(id)!)
      if (neighbours.length === 0) return places.get(slot.id)!
      return neighbours.reduce((sum, place) => sum + place, 0) / neighbours.length
    }
    const sorted = own.map((slot) => ({ slot, at: middle(slot) })).toSorted((a, b) => a.at - b.at)
    columns[column] = sorted.map(({ slot }) => slot)
    for (const [i, { slot }] of sorted.entries()) places.set(slot.id, (i + 0.5) / own.length)
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let column = 1; column < count; column++) arrange(column, 'before')
    for (let column = count - 2; column >= 0; column--) arrange(column, 'after')
  }
  return columns
}

const sizeOf = ({ step }: Slot): number => (step === undefined ? LANE_HEIGHT : NODE_HEIGHT)

const heightOf = (column: readonly Slot[]): number =>
  column.reduce((sum, slot) => sum + sizeOf(slot) + GAP, 0) - (column.length > 0 ? GAP : 0)

function edgeOf(chain: readonly Slot[], places: ReadonlyMap<string, Place>, nodeWidth: number): Edge {
  const path = chain.slice(1).map((slot, i) => {
    const before = chain[i]!
    const from = places.get(before.id)!
    const to = places.get(slot.id)!
    const [x1, y1] = [from.x + nodeWidth, from.y + sizeOf(before) / 2]
    const [x2, y2] = [to.x, to.y + sizeOf(slot) / 2]
    const bend = (x1 + x2) / 2
    const through = slot.step === undefined ? ` H${x2 + nodeWidth}` : ''
    return `${i === 0 ? `M${x1} ${y1} ` : ''}C${bend} ${y1} ${bend} ${y2} ${x2} ${y2}${through}`
  })
  return { from: chain[0]!.id, to: chain.at(-1)!.id, path: path.join(' ') }
}

/** The step that an arrow key leads to: along a column, or to the closest of the next one. */
export function neighbourOf(
  steps: readonly PlacedStep[],
  key: string,
  arrow: 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown',
): string | undefined {
  const here = steps.find((step) => step.key === key)
  if (!here) return undefined
  const across = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: 0, ArrowDown: 0 }[arrow]
  const down = { ArrowLeft: 0, ArrowRight: 0, ArrowUp: -1, ArrowDown: 1 }[arrow]
  return steps
    .filter(({ column, y }) => column === here.column + across && (down === 0 || Math.sign(y - here.y) === down))
    .toSorted((a, b) => Math.abs(a.y - here.y) - Math.abs(b.y - here.y))[0]?.key
}
