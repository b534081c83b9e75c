import type { Snippet } from '@evenkeel/contract'
import { requestText } from './request.ts'
import type { Sample, SampleTensor } from './sample.ts'

/** An endpoint that serves a version. */
export interface Served {
  readonly endpoint: string
  /** Base URL of a node. */
  readonly url: string
  /** Named when the endpoint would not always answer with this version. */
  readonly version: number | null
}

interface Call {
  readonly url: string
  readonly sample: Sample
  /** The folder of the download, whose `request.json` is sent; null when the request stands in the code. */
  readonly folder: string | null
  readonly wantsToken: boolean
}

/** A request of more characters is read from a file. */
export const longestRequest = 8000

/** Code that asks an endpoint, in languages that need nothing else. @param folder - of a download of the version */
export function callSnippets(served: Served, sample: Sample, folder: string): Snippet[] {
  const { endpoint, url, version } = served
  const path = `/v2/models/${encodeURIComponent(endpoint)}${version === null ? '' : `/versions/${version}`}/infer`
  const call = {
    url: `${url}${path}`,
    sample,
    folder: requestText(sample).length > longestRequest ? folder : null,
    wantsToken: !['127.0.0.1', '[::1]', 'localhost'].includes(new URL(url).hostname),
  }
  const languages = { curl: curlText, python: pythonText, node: nodeText } as const
  return Object.entries(languages).map(([language, write]) => ({
    language: language as keyof typeof languages,
    text: write(call),
    needs: [],
    endpoint,
  }))
}

function curlText({ url, sample, folder, wantsToken }: Call): string {
  const body = folder === null ? shellText(requestText(sample).trimEnd()) : `@${folder}/request.json`
  return lines([
    ...answerNote('#', sample),
    `curl --fail-with-body -sS ${shellText(url)} \\`,
    `  -H 'content-type: application/json' \\`,
    ...(wantsToken ? [`  -H "authorization: Bearer $EVENKEEL_INFERENCE_TOKEN" \\`] : []),
    `  -d ${body}`,
  ])
}

function pythonText({ url, sample, folder, wantsToken }: Call): string {
  return lines([
    'import json',
    ...(wantsToken ? ['import os'] : []),
    'import urllib.request',
    '',
    ...(folder === null
      ? [`request = {"inputs": [`, ...sample.inputs.map((input) => `    ${pythonValue(input)},`), ']}']
      : [`with open(${pythonValue(`${folder}/request.json`)}) as file:`, '    request = json.load(file)']),
    'call = urllib.request.Request(',
    `    ${pythonValue(url)},`,
    '    data=json.dumps(request).encode(),',
    wantsToken
      ? `    headers={"content-type": "application/json", "authorization": f"Bearer {os.environ['EVENKEEL_INFERENCE_TOKEN']}"},`
      : '    headers={"content-type": "application/json"},',
    ')',
    'with urllib.request.urlopen(call) as answer:',
    '    for output in json.load(answer)["outputs"]:',
    '        print(output["name"], output["data"])',
    ...answerNote('#', sample),
  ])
}

function nodeText({ url, sample, folder, wantsToken }: Call): string {
  const token = wantsToken ? ', authorization: `Bearer ${process.env.EVENKEEL_INFERENCE_TOKEN}`' : ''
  return lines([
    '// use.mjs',
    ...(folder === null
      ? [
          'const request = {',
          '  inputs: [',
          ...sample.inputs.map((input) => `    ${JSON.stringify(input)},`),
          '  ],',
          '}',
        ]
      : [
          `import { readFile } from 'node:fs/promises'`,
          `const request = JSON.parse(await readFile(${JSON.stringify(`${folder}/request.json`)}, 'utf8'))`,
        ]),
    `const answer = await fetch(${JSON.stringify(url)}, {`,
    `  method: 'POST',`,
    `  headers: { 'content-type': 'application/json'${token} },`,
    '  body: JSON.stringify(request),',
    '})',
    'if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)',
    'for (const { name, data } of (await answer.json()).outputs) console.log(name, JSON.stringify(data))',
    ...answerNote('//', sample),
  ])
}

/** What the trainer said comes back; nothing where nobody knows, or it is long. */
export function answerNote(comment: string, { outputs }: Sample): string[] {
  const says = outputs.map(({ name, data }: SampleTensor) => `${name} ${JSON.stringify(data)}`)
  return says
    .filter((text) => text.length <= 200 && !/[\n\r]/.test(text))
    .map((text) => `${comment} the trainer's answer: ${text}`)
}

/** A value of JSON as Python writes it; texts are written alike. */
export function pythonValue(value: unknown): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (Array.isArray(value)) return `[${value.map(pythonValue).join(', ')}]`
  if (typeof value !== 'object') return JSON.stringify(value)
  const entries = Object.entries(value as object).map(([key, item]) => `${JSON.stringify(key)}: ${pythonValue(item)}`)
  return `{${entries.join(', ')}}`
}

/** One word of a POSIX shell. */
const shellText = (text: string) => (/^[\w./:@%-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

export const lines = (all: readonly string[]): string => `${all.join('\n')}\n`
