import type { CheckResult, ColumnProfile, DatasetVersion } from '@evenkeel/contract'
import { type DatasetPart, type Dialect, type Facet, type Facets, type OutEvent, present } from '../dialect.ts'
import type { DatasetFacts, PinnedInput } from '../facts.ts'

/** Of a dataset with very many columns, so many are measured in an event. */
const mostColumns = 500

/** A version of a dataset was accepted. */
export const datasetAccepted = (dialect: Dialect, projectId: string, { version }: DatasetFacts): OutEvent =>
  dialect.datasetEvent({
    eventTime: version.createdAt,
    dataset: {
      ...dialect.naming.dataset(projectId, version.dataset),
      facets: {
        ...identity(dialect, projectId, version),
        schema: schema(dialect, version),
        lifecycleStateChange: dialect.facet('1-0-1', 'LifecycleStateChangeDatasetFacet', {
          lifecycleStateChange: version.version === 1 ? 'CREATE' : 'ALTER',
        }),
      },
    },
  })

/** A version of a dataset as a step reads it. @param facts - undefined when all that is left of it is what was pinned */
export function datasetRead(
  dialect: Dialect,
  projectId: string,
  pinned: PinnedInput,
  facts: DatasetFacts | undefined,
): DatasetPart {
  const checks = facts?.version.checks ?? []
  return {
    ...dialect.naming.dataset(projectId, pinned.dataset),
    facets: {
      ...identity(dialect, projectId, pinned),
      ...(facts && { schema: schema(dialect, facts.version) }),
    },
    inputFacets: present({
      inputStatistics: dialect.facet('1-0-0', 'InputStatisticsInputDatasetFacet', {
        rowCount: pinned.rowCount,
        size: pinned.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        fileCount: pinned.files.length,
      }),
      dataQualityMetrics: facts && metrics(dialect, facts.version.rowCount, facts.columns),
      dataQualityAssertions: checks.length > 0 ? assertions(dialect, checks) : undefined,
    }),
  }
}

function identity(
  dialect: Dialect,
  projectId: string,
  { dataset, version, digest }: Omit<PinnedInput, 'files' | 'rowCount'>,
): Facets {
  const namespace = dialect.naming.namespace(projectId)
  return {
    version: versionFacet(dialect, digest),
    datasetType: datasetType(dialect, 'TABLE'),
    dataSource: dialect.facet('1-0-1', 'DatasourceDatasetFacet', { name: 'evenkeel', uri: namespace }),
    storage: dialect.facet('1-0-1', 'StorageDatasetFacet', { storageLayer: 'evenkeel', fileFormat: 'parquet' }),
    symlinks: symlinks(dialect, [{ namespace, name: `${dataset}@${version}`, type: versionLink }]),
  }
}

/** Type of the symlink that says what a person calls a version. */
export const versionLink = 'VERSION'

export const versionFacet = (dialect: Dialect, datasetVersion: string): Facet =>
  dialect.facet('1-0-1', 'DatasetVersionDatasetFacet', { datasetVersion })

export const datasetType = (dialect: Dialect, type: 'TABLE' | 'FILE' | 'MODEL' | 'SERVICE'): Facet =>
  dialect.facet('1-0-1', 'DatasetTypeDatasetFacet', { datasetType: type })

export const symlinks = (dialect: Dialect, identifiers: readonly object[]): Facet =>
  dialect.facet('1-0-1', 'SymlinksDatasetFacet', { identifiers })

const schema = (dialect: Dialect, { columns }: DatasetVersion): Facet =>
  dialect.facet('1-2-0', 'SchemaDatasetFacet', {
    fields: columns.map(({ name, type }, at) => ({ name, type, ordinal_position: at + 1 })),
  })

function metrics(dialect: Dialect, rowCount: number, columns: readonly ColumnProfile[]): Facet {
  const measured = columns.slice(0, mostColumns).map((column) => [column.name, columnMetrics(column)])
  return dialect.facet('1-0-3', 'DataQualityMetricsInputDatasetFacet', {
    rowCount,
    columnMetrics: Object.fromEntries(measured),
  })
}

function columnMetrics({ nullCount, distinctCount, rowCount, numeric }: ColumnProfile): object {
  const counts = { nullCount, distinctCount, count: rowCount }
  if (!numeric) return counts
  const { min, max, quantiles } = numeric
  return { ...counts, min, max, quantiles }
}

const assertions = (dialect: Dialect, checks: readonly CheckResult[]): Facet =>
  dialect.facet('1-1-0', 'DataQualityAssertionsDatasetFacet', {
    assertions: checks
      .filter(({ status }) => status !== 'not_computable')
      .map(({ rule, status, says, expected, observed }) => ({
        assertion: rule.kind,
        success: status === 'pass',
        description: says,
        severity: 'error',
        expected,
        ...('column' in rule && { column: rule.column }),
        ...(observed !== null && { actual: String(observed) }),
      })),
  })
