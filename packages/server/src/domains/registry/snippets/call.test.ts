import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { callSnippets, pythonValue } from './call.ts'
import { mlflowSnippet, onnxSnippet } from './load.ts'
import { requestText } from './request.ts'
import type { Sample } from './sample.ts'

const nasty = `O'Hare "x" \\ $HOME \`id\` %s\nä ☃`
const sample: Sample = {
  source: 'golden',
  inputs: [
    { name: 'hour', datatype: 'FP32', shape: [1, 1], data: [null] },
    { name: nasty, datatype: 'BYTES', shape: [1, 1], data: [nasty] },
    { name: 'late', datatype: 'BOOL', shape: [1, 1], data: [true] },
  ],
  outputs: [{ name: 'probability', datatype: 'FP32', shape: [1, 1], data: [0.25] }],
}
const long: Sample = {
  ...sample,
  inputs: [{ name: 'image', datatype: 'FP32', shape: [1, 5000], data: Array<number>(5000).fill(0.5) }],
}
const local = { endpoint: 'live', url: 'http://127.0.0.1:7071', version: null }

const textOf = (language: string, served = local as Parameters<typeof callSnippets>[0], of = sample) =>
  callSnippets(served, of, 'm-1').find((snippet) => snippet.language === language)!.text

it('reaches curl unharmed through a shell', () => {
  const printing = textOf('curl').replace('curl --fail-with-body -sS', String.raw`printf '%s\0'`)

  const words = execFileSync('sh', ['-c', printing], { encoding: 'utf8' }).split('\0')

  expect(words[0]).toBe('http://127.0.0.1:7071/v2/models/live/infer')
  expect(JSON.parse(words.at(-2)!)).toEqual(JSON.parse(requestText(sample)))
})

it('reaches Python unharmed', () => {
  const code = `import json, sys\nprint(json.dumps(${pythonValue(sample)}))`

  expect(JSON.parse(execFileSync('python3', ['-c', code], { encoding: 'utf8' }))).toEqual(sample)
})

it.each([
  ['python', textOf('python', { ...local, url: 'https://nodes.example' })],
  ['long python', textOf('python', local, long)],
  ['onnxruntime', onnxSnippet('my model@1', 'my_model-1', sample).text],
  ['long onnxruntime', onnxSnippet('m@1', 'm-1', long).text],
  ['mlflow', mlflowSnippet({ model: nasty, version: 1 }, 'http://x', null).text],
  [
    'mlflow with tensors',
    mlflowSnippet({ model: 'm', version: 1 }, 'http://x', { kind: 'tensor', data: [[0, 0]], dtype: 'float32' }).text,
  ],
])('is Python: %s', (_, code) => {
  const compile = 'import sys; compile(sys.stdin.read(), "use.py", "exec")'

  expect(execFileSync('python3', ['-c', compile], { input: code, encoding: 'utf8' })).toBe('')
})

it.each([
  ['plain', textOf('node', { ...local, url: 'https://nodes.example' })],
  ['long', textOf('node', local, long)],
])('is JavaScript: %s', (_, code) => {
  const options = ['--input-type=module', '--check', '-']

  expect(execFileSync(process.execPath, options, { input: code, encoding: 'utf8' })).toBe('')
})

it('names the version where the endpoint would not always answer with it', () => {
  expect(textOf('curl', { ...local, version: 7 })).toContain('/v2/models/live/versions/7/infer')
})

it('sends a token to nodes that others can reach', () => {
  for (const language of ['curl', 'python', 'node']) {
    expect(textOf(language)).not.toContain('TOKEN')
    expect(textOf(language, { ...local, url: 'https://nodes.example' })).toContain('EVENKEEL_INFERENCE_TOKEN')
  }
})

it('reads a long request from the download', () => {
  for (const language of ['curl', 'python', 'node']) {
    expect(textOf(language, local, long)).toContain('m-1/request.json')
    expect(textOf(language, local, long).length).toBeLessThan(1000)
  }
})
