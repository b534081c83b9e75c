import { seededRandom, trainTrees, treesToOnnx } from '@evenkeel/numerics'

const rowCount = 20_000
const airports = Array.from({ length: 60 }, (_, i) => `A${i}`)
const numericalNames = ['hour', 'day_of_week', 'distance', 'late_share', 'departures']

/** A classifier like that of the demo, of 100 trees with up to 63 leaves over five numbers and two categories. */
export async function trainBenchModel(): Promise<Uint8Array> {
  const random = seededRandom(1)
  const numbers = numericalNames.map((name) => ({
    name,
    kind: 'numerical' as const,
    values: Float32Array.from({ length: rowCount }, random),
  }))
  const codes = ['origin', 'destination'].map((name) => ({
    name,
    kind: 'categorical' as const,
    codes: Int32Array.from({ length: rowCount }, () => Math.floor(random() * airports.length)),
    categories: airports,
  }))
  const labels = Float64Array.from({ length: rowCount }, (_, row) => {
    const tendency = numbers[0]!.values[row]! * numbers[3]!.values[row]! + (codes[0]!.codes[row]! % 7) / 14
    return random() < tendency / 2 ? 1 : 0
  })
  const dataset = { features: [...numbers, ...codes], labels }
  const options = { loss: 'logistic', treeCount: 100, leafCount: 63, learningRate: 0.1, seed: 1 } as const
  return treesToOnnx(await trainTrees(dataset, options), { name: 'bench' })
}

/** Requests of one row, without the last brace. */
export function benchBodies(count: number): string[] {
  const random = seededRandom(2)
  return Array.from({ length: count }, () => {
    const numbers = numericalNames.map((name) => input(name, 'FP32', Number(random().toFixed(4))))
    const texts = ['origin', 'destination'].map((name) => input(name, 'BYTES', airports[Math.floor(random() * 60)]!))
    return JSON.stringify({ inputs: [...numbers, ...texts] }).slice(0, -1)
  })
}

const input = (name: string, datatype: string, value: number | string) => ({
  name,
  datatype,
  shape: [1, 1],
  data: [value],
})
