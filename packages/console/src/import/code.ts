import type { ImportDraft } from '@evenkeel/contract'
import { blankSample, readSample } from './sample.ts'
import type { Step } from './steps.ts'

/** What does the same as a step of the console. */
export interface StepCode {
  readonly shell: string
  readonly python: string
}

interface Place {
  /** Of this server, without a slash at its end. */
  readonly origin: string
  readonly draft: ImportDraft
}

/** Code for a step, with the values that the draft has. */
export function codeOf(step: Step, place: Place): StepCode {
  const { shell, python } = parts[step](place)
  return { shell: shell.join('\n'), python: [...helper(place.origin), ...python].join('\n') }
}

type Part = (place: Place) => { readonly shell: readonly string[]; readonly python: readonly string[] }

const parts: Readonly<Record<Step, Part>> = {
  source: ({ origin, draft }) => {
    const fileName = fileOf(draft)
    return {
      shell: [
        ...uploading(origin, fileName),
        `npx evenkeel api PUT ${pathOf(draft)}/source '{"digest": "'"$digest"'", "fileName": ${quoted(fileName)}}'`,
      ],
      python: [
        ...uploadingInPython(fileName),
        `call("PUT", "${pathOf(draft)}/source", {"digest": digest, "fileName": ${text(fileName)}})`,
      ],
    }
  },
  inspect: ({ draft }) => ({
    shell: [
      `npx evenkeel register ${word(fileOf(draft))} --model ${word(modelOf(draft))} --dry-run`,
      `npx evenkeel api GET ${pathOf(draft)} | jq .inspection`,
    ],
    python: [`print(json.dumps(call("GET", "${pathOf(draft)}")["inspection"], indent=2))`],
  }),
  try: ({ draft }) => ({
    shell: [`npx evenkeel api POST ${pathOf(draft)}/trial ${word(JSON.stringify(sampleOf(draft)))}`],
    python: [
      `rows = json.loads(${text(JSON.stringify(sampleOf(draft)))})`,
      `trial = call("POST", "${pathOf(draft)}/trial", rows)["trial"]`,
      'print(trial["latencyMs"], trial["comparison"])',
    ],
  }),
  reference: ({ origin, draft }) => {
    const from = draft.reference?.source
    const path = `${pathOf(draft)}/reference`
    if (from?.kind === 'dataset') {
      const body = { source: { kind: 'dataset', dataset: from.dataset, version: from.version } }
      return {
        shell: [`npx evenkeel api PUT ${path} '${JSON.stringify(body)}'`],
        python: [`call("PUT", "${path}", ${JSON.stringify(body)})`],
      }
    }
    const { fileName, format } = from ?? { fileName: 'train.csv', format: 'csv' }
    const rest = `"fileName": ${quoted(fileName)}, "format": "${format}"}}`
    return {
      shell: [
        ...uploading(origin, fileName),
        `npx evenkeel api PUT ${path} '{"source": {"kind": "file", "digest": "'"$digest"'", ${rest}'`,
      ],
      python: [
        ...uploadingInPython(fileName),
        `source = {"kind": "file", "digest": digest, "fileName": ${text(fileName)}, "format": "${format}"}`,
        `call("PUT", "${path}", {"source": source})`,
      ],
    }
  },
  register: ({ draft }) => {
    const { model } = draft.details
    const details = { ...draft.details, model: model ?? 'NAME' }
    return {
      shell: [
        `npx evenkeel api PUT ${pathOf(draft)}/details ${word(JSON.stringify(details))}`,
        `npx evenkeel api POST ${pathOf(draft)}/register '{}'`,
        '# or all steps at once, without a reference:',
        `npx evenkeel register ${word(fileOf(draft))} --model ${word(modelOf(draft))}`,
      ],
      python: [
        `details = json.loads(${text(JSON.stringify(details))})`,
        `call("PUT", "${pathOf(draft)}/details", details)`,
        `print(call("POST", "${pathOf(draft)}/register", {})["registered"])`,
      ],
    }
  },
}

const helper = (origin: string) => [
  'import json, urllib.request',
  '',
  'def call(method, path, body=None, data=None):',
  '    kind = "application/json" if data is None else "application/octet-stream"',
  '    data = json.dumps(body).encode() if data is None and body is not None else data',
  `    request = urllib.request.Request("${origin}" + path, data, {"content-type": kind}, method=method)`,
  '    return json.load(urllib.request.urlopen(request))',
  '',
]

const uploading = (origin: string, fileName: string) => [
  `digest=$(curl -sT ${word(fileName)} ${origin}/api/v1/artifacts | jq -r .digest)`,
]

const uploadingInPython = (fileName: string) => [
  `with open(${text(fileName)}, "rb") as file:`,
  '    digest = call("PUT", "/api/v1/artifacts", data=file.read())["digest"]',
]

const pathOf = ({ id }: ImportDraft) => `/api/v1/model-imports/${id}`
const fileOf = ({ source }: ImportDraft) => source?.fileName ?? 'model.txt'
const modelOf = ({ details }: ImportDraft) => details.model ?? 'NAME'

/** The sample that was tried, as far as a line holds it. */
function sampleOf({ trial, inspection }: ImportDraft) {
  if (trial) return { rows: trial.rows.slice(0, 3), ...(trial.expected && { expected: trial.expected.slice(0, 3) }) }
  return { rows: inspection ? readSample(blankSample(inspection.signature), inspection.signature).rows : [] }
}

/** A text of Python: those of JSON are some. */
const text = (value: string) => JSON.stringify(value)

/** A word of the shell. */
const word = (value: string) => (/^[\w./@:-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`)

/** A text of JSON within single quotes of the shell. */
const quoted = (value: string) => JSON.stringify(value).replaceAll("'", `'\\''`)
