import type { CategoricalColumn, FeatureColumn } from './dataset.ts'

/** Park and Miller's generator, which takes one line in any language: fixtures from elsewhere use the same numbers. */
export function* parkMiller(seed: number): Generator<number, never> {
  let value = seed
  for (;;) {
    value = (value * 16_807) % 2_147_483_647
    yield value
  }
}

export interface People {
  /** `age`, an eighth of it missing; `income`; and `region`, one of twelve. */
  readonly features: readonly FeatureColumn[]
  /** What their labels are made of, with noise: from about -3 to 7. */
  readonly scores: Float64Array
}

/** Made-up rows whose score depends on every feature. */
export function makePeople(rowCount: number, seed: number): People {
  const numbers = parkMiller(seed)
  const below = (limit: number) => numbers.next().value % limit
  const [age, income, scores] = [0, 1, 2].map(() => new Float64Array(rowCount)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  const codes = new Int32Array(rowCount)
  for (let row = 0; row < rowCount; row++) {
    const years = below(90)
    income[row] = below(60)
    codes[row] = below(12)
    const bonus = [1, 4, 7].includes(codes[row]!) ? 2 : 0
    scores[row] = (years % 30) / 10 - income[row]! / 20 + bonus + below(1000) / 500
    age[row] = below(8) === 0 ? Number.NaN : years
  }
  const categories = Array.from({ length: 12 }, (_, index) => `r${index}`)
  return {
    features: [
      { kind: 'numerical', name: 'age', values: age },
      { kind: 'numerical', name: 'income', values: income },
      { kind: 'categorical', name: 'region', codes, categories } satisfies CategoricalColumn,
    ],
    scores,
  }
}

/** Labels for each loss: is the score high, the score, is it low, middling or high. */
export const labelsOf = {
  logistic: ({ scores }: People) => scores.map((score) => Number(score > 1.5)),
  squared: ({ scores }: People) => scores,
  softmax: ({ scores }: People) => scores.map((score) => Number(score > 0.5) + Number(score > 2)),
}
