import { type ModelVersion, SnippetLanguage, type VersionSnippets } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { clientOptions } from '../api.ts'
import { pathTo } from '../shell/paths.ts'
import { Card, CopyLine, Empty, Loaded, PageLink, SegmentedControl } from '../ui/index.ts'
import { snippetsQuery } from './queries.ts'

const LANGUAGES = {
  curl: 'curl',
  python: 'Python',
  node: 'Node',
  onnxruntime: 'ONNX Runtime',
  mlflow: 'MLflow',
  safetensors: 'safetensors',
} as const satisfies Record<SnippetLanguage, string>

/** Code that uses a version, ready to paste, and the version itself as a folder. */
export function UseModel({ version }: { readonly version: Pick<ModelVersion, 'model' | 'version'> }) {
  const { model, version: number } = version
  const snippets = useQuery(snippetsQuery(model, number))
  return (
    <Card
      title="Use this model"
      actions={
        <a className="ek-link" href={downloadUrl(model, number)} download>
          Download as a folder
        </a>
      }
    >
      <Loaded query={snippets} height={220}>
        {(data) => <Chosen snippets={data} />}
      </Loaded>
    </Card>
  )
}

const downloadUrl = (model: string, version: number) =>
  `${clientOptions.baseUrl}/api/v1/models/${encodeURIComponent(model)}/versions/${version}/download`

function Chosen({ snippets: { items, missing, sample } }: { readonly snippets: VersionSnippets }) {
  const [wanted, setWanted] = useState<SnippetLanguage>()
  const chosen = wanted ?? items[0]?.language ?? 'curl'
  const snippet = items.find(({ language }) => language === chosen)
  const known = new Set([...items, ...missing].map(({ language }) => language))
  return (
    <>
      <SegmentedControl
        aria-label="Language"
        size="xs"
        fullWidth
        mb={12}
        data={SnippetLanguage.options
          .filter((one) => known.has(one))
          .map((value) => ({ value, label: LANGUAGES[value] }))}
        value={chosen}
        onChange={(value) => setWanted(value as SnippetLanguage)}
      />
      {snippet ? (
        <>
          <CopyLine text={snippet.text.trimEnd()} prompt={false} />
          <p className="ek-dim">
            {snippet.endpoint === null ? (
              snippet.needs.length > 0 && `It needs ${snippet.needs.join(', ')}. `
            ) : (
              <>
                It asks <PageLink href={pathTo('deployments', snippet.endpoint)}>{snippet.endpoint}</PageLink>.{' '}
              </>
            )}
            {snippet.language !== 'mlflow' && SAMPLES[sample]}
          </p>
        </>
      ) : (
        <Empty title={missing.find(({ language }) => language === chosen)?.why ?? 'There is none.'} />
      )}
    </>
  )
}

const SAMPLES = {
  golden: 'The row is one that every node proves the version on.',
  typical: 'The values are typical of the training data.',
  example: '',
  none: '',
} as const satisfies Record<VersionSnippets['sample'], string>
