import { isFolder, type ModelVersion } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { cell, momentText, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { ownerText } from './owners.ts'
import { findVersion, readVersionName } from './version-name.ts'

interface GetOptions extends CommonOptions {
  readonly limit: number
  readonly cursor?: string
}

/** A model with its versions, or one of these. */
export async function get(name: string, { limit, cursor, ...options }: GetOptions): Promise<number> {
  const connection = await connect(options)
  const output = outputOf(options)
  const { model, wanted } = readVersionName(name)
  if (wanted !== undefined) {
    const version = await findVersion(connection, name)
    output.result(version, () => versionLines(version))
    return exitCodes.ok
  }
  const params = { model }
  const query = { limit, ...(cursor !== undefined && { cursor }) }
  const [found, versions] = await Promise.all([
    connection.registry.getModel({ params }),
    connection.registry.listVersions({ params, query }),
  ])
  output.result({ ...found, versions }, () => [
    `${found.name}, of ${found.owners.map(ownerText).join(', ') || 'nobody'}${found.description ? `: ${cell(found.description, 200)}` : ''}`,
    ...versionRows(versions.items),
    ...(versions.nextCursor === null ? [] : [`more with --cursor ${versions.nextCursor}`]),
  ])
  return exitCodes.ok
}

const versionRows = (items: readonly ModelVersion[]): string[] =>
  items.length === 0
    ? ['no version yet']
    : table(
        ['version', 'stage', 'aliases', 'served as', 'metrics', 'by', 'created'],
        items.map(({ version, stage, aliases, artifact, metrics, createdBy, createdAt }) => [
          String(version),
          stage,
          aliases.join(', ') || '–',
          artifact ? 'ONNX' : 'nothing: not ONNX',
          cell(
            Object.entries(metrics)
              .map(([key, value]) => `${key} ${numberText(value)}`)
              .join(', '),
            60,
          ) || '–',
          createdBy,
          momentText(createdAt),
        ]),
      )

function versionLines(version: ModelVersion): string[] {
  const { lineage, gate, canary, artifact, signature } = version
  const rows: [string, string | null | undefined][] = [
    ['stage', version.stage],
    ['aliases', version.aliases.join(', ')],
    ['gate', gate?.says],
    ['canary', canary?.says],
    ['file', artifact && `${artifact.digest}, ${artifact.sizeBytes} bytes`],
    [isFolder(version) ? 'folder' : 'logged at', version.origin?.source],
    ['inputs', signature?.inputs.map(({ name, datatype }) => `${name} ${datatype}`).join(', ')],
    ['outputs', signature?.outputs.map(({ name, datatype }) => `${name} ${datatype}`).join(', ')],
    ['pipeline', lineage.pipeline && `${lineage.pipeline}, run ${lineage.runId}`],
    ['data', lineage.datasets.map((one) => `${one.dataset}@${one.version}`).join(', ')],
    ['commit', lineage.commit],
    ['created', `${momentText(version.createdAt)} by ${version.createdBy}`],
  ]
  const told = rows.flatMap(([key, value]) => (value ? [`  ${key.padEnd(10)} ${value}`] : []))
  return [
    `${version.model}@${version.version}`,
    ...told,
    ...pairs('metrics', version.metrics),
    ...pairs('params', version.params),
  ]
}

function pairs(head: string, values: Readonly<Record<string, unknown>>): string[] {
  const rows = Object.entries(values).map(([key, value]) => [
    `  ${key}`,
    typeof value === 'number' ? numberText(value) : String(value),
  ])
  return rows.length === 0 ? [] : ['', ...table([head, 'value'], rows)]
}

/** Four digits behind the point where there are more. */
export const numberText = (value: number): string => (Number.isInteger(value) ? String(value) : value.toPrecision(5))
