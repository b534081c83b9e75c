import type { FileEntry } from '@evenkeel/contract'
import { IconChevronDown, IconChevronRight, IconFile } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useCounterIntervalMs } from '../live/useLive.ts'
import { Card, Empty, formatBytes, Loaded, More } from '../ui/index.ts'
import css from './Files.module.css'
import { Preview } from './Preview.tsx'
import { filesQuery } from './queries.ts'

interface FilesProps {
  /** Where they lie; null when they are in a store of the client's. */
  readonly folder: string | null
  readonly artifactUri: string
  readonly open: boolean
}

/** What a run wrote: a tree, and a look into each file. */
export function Files({ folder, artifactUri, open }: FilesProps) {
  return (
    <Card title="Files">
      {folder === null ? (
        <p>
          The client keeps them in a store of its own: <code>{artifactUri}</code>
        </p>
      ) : (
        <Browser root={folder} open={open} />
      )}
    </Card>
  )
}

function Browser({ root, open }: { readonly root: string; readonly open: boolean }) {
  const intervalMs = useCounterIntervalMs()
  const { file } = useSearch({ from: '/experiments/$experiment/runs/$run' })
  const navigate = useNavigate({ from: '/experiments/$experiment/runs/$run' })
  const top = useInfiniteQuery({ ...filesQuery(root), refetchInterval: open && intervalMs })
  const choose = (path: string) =>
    void navigate({ search: (search) => ({ ...search, file: path }), replace: true, resetScroll: false })
  return (
    <Loaded query={top} height={120}>
      {({ pages }) =>
        pages[0]!.items.length === 0 ? (
          <Empty title="It wrote no files." />
        ) : (
          <div className={css['files']}>
            {/* It scrolls, so it must be reachable by keyboard. */}
            <div className={css['tree']} tabIndex={0} role="group" aria-label="Files of the run">
              <Folder root={root} path="" file={file} onChoose={choose} />
            </div>
            <div className={css['preview']}>
              {file === undefined ? (
                <Empty title="Choose a file to look into it." />
              ) : (
                <Preview key={file} path={`${root}/${file}`} name={file} />
              )}
            </div>
          </div>
        )
      }
    </Loaded>
  )
}

interface FolderProps {
  readonly root: string
  /** Below the root; empty for the root itself. */
  readonly path: string
  readonly file: string | undefined
  readonly onChoose: (path: string) => void
}

function Folder(props: FolderProps) {
  const { root, path } = props
  const files = useInfiniteQuery(filesQuery(path === '' ? root : `${root}/${path}`))
  return (
    <Loaded query={files} height={26}>
      {({ pages }) => (
        <>
          <ul>
            {pages
              .flatMap(({ items }) => items)
              .map((entry) => (
                <Entry key={entry.name} entry={entry} {...props} />
              ))}
          </ul>
          <More query={files}>Show more files</More>
        </>
      )}
    </Loaded>
  )
}

function Entry({ entry, root, path, file, onChoose }: FolderProps & { readonly entry: FileEntry }) {
  const own = path === '' ? entry.name : `${path}/${entry.name}`
  const [open, setOpen] = useState(file?.startsWith(`${own}/`) ?? false)
  if (!entry.isFolder) {
    return (
      <li>
        <button
          type="button"
          className={css['entry']}
          aria-current={file === own ? 'true' : undefined}
          data-row
          onClick={() => onChoose(own)}
        >
          <IconFile size={14} aria-hidden="true" />
          <span className={css['name']}>{entry.name}</span>
          <span className={css['size']}>{formatBytes(entry.sizeBytes ?? 0)}</span>
        </button>
      </li>
    )
  }
  const Chevron = open ? IconChevronDown : IconChevronRight
  return (
    <li>
      <button type="button" className={css['entry']} aria-expanded={open} data-row onClick={() => setOpen(!open)}>
        <Chevron size={14} aria-hidden="true" />
        <span className={css['name']}>{entry.name}/</span>
      </button>
      {open && <Folder root={root} path={own} file={file} onChoose={onChoose} />}
    </li>
  )
}
