import type { ModelVersion } from '@evenkeel/contract'

type Baseline = ModelVersion['baselines'][number]
type Signature = NonNullable<ModelVersion['signature']>
type Field = Signature['inputs'][number]

const isWhole = (datatype: Field['datatype']) => /^U?INT/.test(datatype)

/** A value as the training data had it: the mean, or the most frequent category. */
function typicalValue({ datatype }: Field, baseline: Baseline | undefined): number | string | boolean {
  if (datatype === 'BYTES') return baseline?.categories?.values[0] ?? ''
  if (datatype === 'BOOL') return false
  const mean = baseline?.mean ?? 0
  return isWhole(datatype) ? Math.round(mean) : Number(mean.toPrecision(4))
}

interface Callable extends Pick<ModelVersion, 'baselines'> {
  readonly signature: Signature
}

/** One row of typical inputs as an Open Inference Protocol request. */
export function inferBody({ signature, baselines }: Callable): string {
  const inputs = signature.inputs.map((field) => {
    const shape = field.shape.map((size) => (size < 0 ? 1 : size))
    const value = typicalValue(
      field,
      baselines.find(({ feature }) => feature === field.name),
    )
    const length = shape.reduce((product, size) => product * size, 1)
    return { name: field.name, datatype: field.datatype, shape, data: Array.from({ length }, () => value) }
  })
  return `{"inputs":[\n  ${inputs.map((input) => JSON.stringify(input)).join(',\n  ')}\n]}`
}

/** The whole command; quotes inside of the body are made safe for a POSIX shell. */
export function curlCommand(url: string, endpoint: string, version: Callable): string {
  const body = inferBody(version).replaceAll("'", `'\\''`)
  return `curl ${url}/v2/models/${encodeURIComponent(endpoint)}/infer -H 'content-type: application/json' -d '${body}'`
}
