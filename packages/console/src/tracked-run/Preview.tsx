import { ApiError } from '@evenkeel/client'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { DataGrid } from '../ui/DataGrid.tsx'
import { Button, Empty, formatBytes, Loaded } from '../ui/index.ts'
import { Markdown } from '../ui/Markdown.tsx'
import { tableOfText } from './csv.ts'
import css from './Files.module.css'
import { harmless, IMAGE_BYTES, prettyJson, type PreviewKind, previewKind, READ_BYTES, textOf } from './preview.ts'
import { addressOf, contentQuery, filesQuery } from './queries.ts'

interface PreviewProps {
  readonly path: string
  /** Below the folder of the run. */
  readonly name: string
}

/** A look into a file, and its download. */
export function Preview({ path, name }: PreviewProps) {
  const kind = previewKind(name)
  const sizeBytes = useSize(path)
  return (
    <section aria-label={`Preview of ${name}`}>
      <header className={css['head']}>
        <h3>{name}</h3>
        <span>
          {sizeBytes !== undefined && <span className="ek-dim">{formatBytes(sizeBytes)} · </span>}
          <a href={addressOf(path)} download className="ek-link">
            Download
          </a>
        </span>
      </header>
      {kind === 'image' ? (
        <Picture path={path} name={name} sizeBytes={sizeBytes} />
      ) : (
        <Content path={path} name={name} kind={kind} />
      )}
    </section>
  )
}

/** As the list beside it says; undefined for a file that the list does not show yet. */
function useSize(path: string): number | undefined {
  const slash = path.lastIndexOf('/')
  const { data } = useInfiniteQuery({ ...filesQuery(path.slice(0, slash)), enabled: false })
  const entry = data?.pages.flatMap(({ items }) => items).find(({ name }) => name === path.slice(slash + 1))
  return entry?.sizeBytes ?? undefined
}

function Picture({ path, name, sizeBytes = 0 }: PreviewProps & { readonly sizeBytes: number | undefined }) {
  const [broken, setBroken] = useState(false)
  const [wanted, setWanted] = useState(sizeBytes <= IMAGE_BYTES)
  if (broken) return <Empty title="The picture cannot be shown." />
  if (!wanted) {
    return (
      <Empty title="The picture is large.">
        <Button onClick={() => setWanted(true)}>Show it</Button>
      </Empty>
    )
  }
  return <img className={css['image']} src={addressOf(path)} alt={name} onError={() => setBroken(true)} />
}

interface ContentProps extends PreviewProps {
  readonly kind: Exclude<PreviewKind, 'image'>
}

function Content({ path, name, kind }: ContentProps) {
  const content = useQuery({ ...contentQuery(path, kind), retry: false })
  // There is no first byte of nothing.
  if (content.error instanceof ApiError && content.error.status === 416) return <Empty title="The file is empty." />
  return (
    <Loaded query={content} height={200}>
      {(bytes) => {
        const text = textOf(bytes)
        if (text === undefined) return <Empty title="It is no text, so there is nothing to read here." />
        const cut = bytes.length >= READ_BYTES[kind]
        return (
          <>
            <Text text={text} name={name} kind={kind} cut={cut} />
            {cut && kind !== 'html' && (
              <p className={css['note']}>The first {formatBytes(READ_BYTES[kind])} are shown.</p>
            )}
          </>
        )
      }}
    </Loaded>
  )
}

interface TextProps extends Pick<ContentProps, 'name' | 'kind'> {
  readonly text: string
  readonly cut: boolean
}

function Text({ text, name, kind, cut }: TextProps) {
  switch (kind) {
    case 'csv':
    case 'tsv':
      return <TextTable text={text} name={name} separator={kind === 'csv' ? ',' : '\t'} />
    case 'markdown':
      return (
        <div className={css['scroll']} tabIndex={0} role="group" aria-label={name}>
          <Markdown text={text} />
        </div>
      )
    case 'html':
      return cut ? <Empty title="The page is too large to be shown; download it." /> : <Page html={text} name={name} />
    case 'json':
      return <Plain text={prettyJson(text)} name={name} />
    case 'text':
      return <Plain text={text} name={name} />
  }
}

const Plain = ({ text, name }: { readonly text: string; readonly name: string }) => (
  <pre className={css['text']} tabIndex={0} role="group" aria-label={name}>
    <code>{text}</code>
  </pre>
)

/** The frame has no origin and runs nothing: what a run wrote may come from anyone. */
function Page({ html, name }: { readonly html: string; readonly name: string }) {
  return (
    <>
      <iframe className={css['frame']} title={name} sandbox="" srcDoc={harmless(html)} referrerPolicy="no-referrer" />
      {/<script/i.test(html) && (
        <p className={css['note']}>It has scripts, which do not run here. Download it to see it with them.</p>
      )}
    </>
  )
}

interface TextTableProps {
  readonly text: string
  readonly name: string
  readonly separator: ',' | '\t'
}

function TextTable({ text, name, separator }: TextTableProps) {
  const { head, rows, cut } = tableOfText(text, separator)
  const [first = '', ...rest] = head
  return (
    <>
      <div className={css['grid']}>
        <DataGrid
          label={name}
          maxHeight={480}
          pinned={{ key: 'first', head: first, width: 140 }}
          columns={rest.map((title, i) => ({ key: String(i), head: title, width: 140, at: i + 1 }))}
          rowCount={rows.length}
          rowKey={String}
          rowHead={(row) => rows[row]![0]}
          cell={(row, { at }) => <span title={rows[row]![at]}>{rows[row]![at]}</span>}
        />
      </div>
      {cut && <p className={css['note']}>The first {rows.length} rows are shown, and 200 columns at most.</p>}
    </>
  )
}
