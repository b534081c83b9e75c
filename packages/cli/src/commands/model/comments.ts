import type { ModelComment } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { momentText } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { numberOf, readVersionName } from './version-name.ts'

interface CommentOptions extends CommonOptions {
  readonly edit?: string
  readonly delete?: string
  readonly limit: number
  readonly cursor?: string
}

/** Prints the comments on a version, newest first; adds one, or changes or deletes one by its id. */
export async function comment(name: string, text: string | undefined, options: CommentOptions): Promise<number> {
  const { edit, delete: gone, limit, cursor } = options
  const connection = await connect(options)
  const output = outputOf(options)
  const named = readVersionName(name)
  const params = { model: named.model, version: await numberOf(connection, named) }
  const of = `${params.model}@${params.version}`
  const { modelPeople } = connection
  if (gone !== undefined) {
    const deleted = await modelPeople.deleteComment({ params: { ...params, comment: gone } })
    output.result(deleted, () => 'deleted')
  } else if (text !== undefined) {
    const body = { text }
    const saved =
      edit === undefined
        ? await modelPeople.addComment({ params, body })
        : await modelPeople.editComment({ params: { ...params, comment: edit }, body })
    output.result(saved, () => linesOf(saved))
  } else {
    const page = await modelPeople.listComments({ params, query: { limit, ...(cursor !== undefined && { cursor }) } })
    output.result(page, () => [
      ...(page.items.length > 0
        ? page.items.flatMap(linesOf)
        : [`nobody commented on ${of}`, `  next   evenkeel model comment ${of} "…"`]),
      ...(page.nextCursor === null ? [] : [`more with --cursor ${page.nextCursor}`]),
    ])
  }
  return exitCodes.ok
}

const linesOf = ({ id, author, createdAt, editedAt, text }: ModelComment): string[] => [
  `${author}, ${momentText(createdAt)}${editedAt === null ? '' : ', edited'}   ${id}`,
  ...text.split('\n').map((line) => `  ${line}`.trimEnd()),
]
