import { IconFolder } from '@tabler/icons-react'
import { formatCount, PageLink } from '../ui/index.ts'
import css from './Experiments.module.css'

const pathToFolder = (folder: string) => (folder ? `/experiments?folder=${encodeURIComponent(folder)}` : '/experiments')

/** The way from the top to a folder. */
export function FolderPath({ folder }: { readonly folder: string }) {
  const parts = folder === '' ? [] : folder.split('/')
  return (
    <nav aria-label="Folder">
      <ol className={css['crumbs']}>
        <li>
          <PageLink href="/experiments">All experiments</PageLink>
        </li>
        {parts.map((part, i) => (
          <li key={parts.slice(0, i + 1).join('/')}>
            <PageLink href={pathToFolder(parts.slice(0, i + 1).join('/'))}>{part}</PageLink>
          </li>
        ))}
      </ol>
    </nav>
  )
}

interface FoldersProps {
  readonly folders: readonly { readonly folder: string; readonly experiments: number }[]
}

/** Folders to go into. */
export function Folders({ folders }: FoldersProps) {
  if (folders.length === 0) return null
  return (
    <ul className={css['folders']} aria-label="Folders">
      {folders.map(({ folder, experiments }) => (
        <li key={folder}>
          <PageLink href={pathToFolder(folder)} underline={false} className={css['folder']} data-row>
            <IconFolder size={15} aria-hidden="true" />
            {folder.split('/').at(-1)}
            <span className="ek-dim">{formatCount(experiments)}</span>
          </PageLink>
        </li>
      ))}
    </ul>
  )
}
