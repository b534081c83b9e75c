import type { Snippet } from '@evenkeel/contract'
import { answerNote, lines, longestRequest, pythonValue } from './call.ts'
import type { Example } from './mlflow-example.ts'
import { requestText } from './request.ts'
import type { Sample, SampleTensor } from './sample.ts'

const numpyTypes: Readonly<Record<string, string>> = {
  BOOL: 'np.bool_',
  FP16: 'np.float16',
  FP32: 'np.float32',
  FP64: 'np.float64',
  BYTES: 'object',
}
const numpyType = (datatype: string) => numpyTypes[datatype] ?? `np.${datatype.toLowerCase()}`

/** Python that runs the ONNX file of a download. @param name - as in `churn@7` */
export function onnxSnippet(name: string, folder: string, sample: Sample): Snippet {
  const isLong = requestText(sample).length > longestRequest
  const text = lines([
    `# evenkeel model download ${shellName(name)} --to ${folder}`,
    ...(isLong ? ['import json', ''] : []),
    'import numpy as np',
    'import onnxruntime',
    '',
    `session = onnxruntime.InferenceSession(${pythonValue(`${folder}/model.onnx`)})`,
    ...(isLong ? readingInputs(folder, sample) : ['inputs = {', ...sample.inputs.map(arrayLine), '}']),
    'for output, values in zip(session.get_outputs(), session.run(None, inputs)):',
    '    print(output.name, values.flatten().tolist() if hasattr(values, "flatten") else values)',
    ...answerNote('#', sample),
  ])
  return { language: 'onnxruntime', text, needs: ['onnxruntime', 'numpy'], endpoint: null }
}

const arrayLine = ({ name, datatype, shape, data }: SampleTensor) =>
  `    ${pythonValue(name)}: np.array(${pythonValue(data)}, dtype=${numpyType(datatype)}).reshape(${shape.join(', ')}),`

const readingInputs = (folder: string, { inputs }: Sample): string[] => [
  `types = {${inputs.map(({ name, datatype }) => `${pythonValue(name)}: ${numpyType(datatype)}`).join(', ')}}`,
  `with open(${pythonValue(`${folder}/request.json`)}) as file:`,
  '    request = json.load(file)',
  'inputs = {',
  '    tensor["name"]: np.array(tensor["data"], dtype=types[tensor["name"]]).reshape(tensor["shape"])',
  '    for tensor in request["inputs"]',
  '}',
]

/** Python that loads the weights of a download. @param paths - of the files of safetensors, below their folder */
export function safetensorsSnippet(name: string, folder: string, paths: readonly string[]): Snippet {
  const text = lines([
    `# evenkeel model download ${shellName(name)} --to ${folder}`,
    'from safetensors import safe_open',
    '',
    `for path in ${pythonValue(paths)}:`,
    `    with safe_open(${pythonValue(`${folder}/files/`)} + path, framework="numpy") as weights:`,
    '        for name in weights.keys():',
    '            part = weights.get_slice(name)',
    '            print(name, part.get_dtype(), part.get_shape())',
  ])
  return { language: 'safetensors', text, needs: ['safetensors', 'numpy'], endpoint: null }
}

const shellName = (name: string) => (/^[\w.@-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`)

/** Python that loads what a client of MLflow logged. @param example - a row that was logged with it; null when none was */
export function mlflowSnippet(
  { model, version }: { readonly model: string; readonly version: number },
  trackingUrl: string,
  example: Example | null,
): Snippet {
  const text = lines([
    'import mlflow',
    ...(example === null ? [] : [example.kind === 'frame' ? 'import pandas as pd' : 'import numpy as np']),
    '',
    `mlflow.set_tracking_uri(${pythonValue(trackingUrl)})`,
    `model = mlflow.pyfunc.load_model(${pythonValue(`models:/${model}/${version}`)})`,
    ...(example === null
      ? ['print(model.metadata.signature)']
      : [...exampleLines(example), 'print(model.predict(rows))']),
  ])
  return { language: 'mlflow', text, needs: ['mlflow'], endpoint: null }
}

function exampleLines(example: Example): string[] {
  if (example.kind === 'tensor') return [`rows = np.array(${pythonValue(example.data)}, dtype="${example.dtype}")`]
  const { columns, data, dtypes } = example
  const typed = Object.keys(dtypes).length > 0 ? `.astype(${pythonValue(dtypes)})` : ''
  return [`rows = pd.DataFrame(${pythonValue(data)}, columns=${pythonValue(columns)})${typed}`]
}
