import type { Snippet, SnippetLanguage, VersionSnippets } from '@evenkeel/contract'
import { CliError, exitCodes } from '../../errors.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { numberOf, readVersionName } from './version-name.ts'

interface SnippetsOptions extends CommonOptions {
  readonly lang?: SnippetLanguage
}

/** Prints code that uses a version: all there is under heads, or of one language and nothing else. */
export async function snippets(name: string, { lang, ...options }: SnippetsOptions): Promise<number> {
  const connection = await connect(options)
  const named = readVersionName(name)
  const params = { model: named.model, version: await numberOf(connection, named) }
  const found = await connection.modelFiles.snippets({ params })
  const output = outputOf(options)
  if (lang === undefined) {
    output.result(found, () => everything(found))
    return exitCodes.ok
  }
  const snippet = found.items.find(({ language }) => language === lang)
  if (!snippet) throw missing(`${params.model}@${params.version}`, lang, found)
  output.result(snippet, () => snippet.text.trimEnd())
  return exitCodes.ok
}

const everything = ({ items, missing: absent }: VersionSnippets): string[] => [
  ...items.flatMap((snippet) => [headOf(snippet), '', snippet.text]),
  ...absent.map(({ language, why }) => `${language}: none. ${why}`),
]

const headOf = ({ language, endpoint, needs }: Snippet): string =>
  [
    `${language}:`,
    endpoint === null ? 'runs here' : `asks ${endpoint}`,
    ...(needs.length > 0 ? [`and needs ${needs.join(', ')}`] : []),
  ].join(' ')

const missing = (name: string, lang: SnippetLanguage, { items, missing: absent }: VersionSnippets) =>
  new CliError({
    code: 'cli.no_snippet',
    message: `There is no ${lang} for ${name}.`,
    why: absent.find(({ language }) => language === lang)?.why ?? 'Nothing is known of it.',
    fix:
      items.length > 0
        ? `evenkeel model snippets ${name} --lang ${items[0]!.language}`
        : `evenkeel model get ${name}   says what it is`,
    exitCode: exitCodes.notFound,
  })
