import { useId, useState } from 'react'
import { Button, ErrorPanel, formatBytes } from '../ui/index.ts'
import css from './Import.module.css'
import type { Sending } from './useUpload.ts'

interface FilePickProps {
  readonly label: string
  /** What may be chosen, in words. */
  readonly note: string
  readonly accept?: string
  readonly sending: Sending
}

/** Chooses a file, or takes one that is dropped here; shows how far it is sent, and what the server says of it. */
export function FilePick({ label, note, accept, sending }: FilePickProps) {
  const id = useId()
  const [isOver, setOver] = useState(false)
  const take = (files: FileList | null) => {
    const file = files?.[0]
    if (file) sending.start(file)
  }
  return (
    <>
      <div
        className={css['drop']}
        data-over={isOver || undefined}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          take(event.dataTransfer.files)
        }}
      >
        <label htmlFor={id}>{label}</label>
        <input
          id={id}
          type="file"
          className={css['file']}
          accept={accept}
          aria-describedby={`${id}-note`}
          onChange={({ currentTarget }) => {
            take(currentTarget.files)
            // The same file, mended, may be chosen again.
            currentTarget.value = ''
          }}
        />
        <p id={`${id}-note`}>{note} Or drop it here.</p>
        {sending.file && <Progress sending={sending} file={sending.file} />}
      </div>
      {sending.error && <ErrorPanel error={sending.error} />}
    </>
  )
}

function Progress({ sending: { sentBytes, cancel }, file }: { readonly sending: Sending; readonly file: File }) {
  const share = file.size === 0 ? 1 : Math.min(1, sentBytes / file.size)
  const words =
    share < 1 ? `${formatBytes(sentBytes)} of ${formatBytes(file.size)} sent` : 'It is here; the server reads it …'
  return (
    <>
      <div
        role="progressbar"
        aria-label={`Upload of ${file.name}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(100 * share)}
        aria-valuetext={words}
        className={css['bar']}
      >
        <span style={{ width: `${100 * share}%` }} />
      </div>
      <div className="ek-row">
        <span>
          {file.name}: {words}
        </span>
        <Button onClick={cancel}>Cancel</Button>
      </div>
    </>
  )
}
