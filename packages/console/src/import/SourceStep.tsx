import type { ImportDraft } from '@evenkeel/contract'
import { useRouter } from '@tanstack/react-router'
import { pathToImport } from '../shell/paths.ts'
import { Card, formatBytes, Pairs } from '../ui/index.ts'
import { modelImportsApi } from './api.ts'
import { Elsewhere } from './Elsewhere.tsx'
import { FilePick } from './FilePick.tsx'
import css from './Import.module.css'
import { useUpload } from './useUpload.ts'

/** Where is the model? */
export function SourceStep({ draft }: { readonly draft: ImportDraft }) {
  const { id, source, registered } = draft
  const { history } = useRouter()
  const sending = useUpload(
    id,
    ({ digest, file }, signal) =>
      modelImportsApi.setSource(
        { params: { draft: id }, body: { digest, fileName: file.name.slice(-255) } },
        { signal },
      ),
    () => history.push(pathToImport(id, 'inspect')),
  )
  return (
    <>
      <Card
        title="Source"
        note="Nothing in the file is run. A pickle is refused, because loading one may run any code."
      >
        <div className={css['stack']}>
          {source && (
            <div className={css['wide']}>
              <Pairs
                entries={[
                  ['File', source.fileName],
                  ['Size', formatBytes(source.sizeBytes)],
                  ['Digest', source.digest],
                ]}
              />
            </div>
          )}
          {!registered && (
            <FilePick
              label={source ? 'Take another file' : 'Model file'}
              note={
                source
                  ? 'What was tried with this one, and its reference, go.'
                  : 'ONNX, LightGBM as text, XGBoost as JSON or UBJSON; up to 2 GiB.'
              }
              sending={sending}
            />
          )}
        </div>
      </Card>
      {!source && <Elsewhere />}
    </>
  )
}
