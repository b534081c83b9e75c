import { InspectionError, inspectModel, type ModelInspection, verdictOf } from '@evenkeel/contract/inspection'

/** Why a file of one of Python's libraries is not converted here: what it is, what loading it would do, what to do. */
export async function whyNotPython(bytes: Uint8Array): Promise<string> {
  try {
    const inspection = await inspectModel(bytes)
    return `It is ${inspection.says}${reasons[inspection.format](inspection)}`
  } catch (error) {
    if (!(error instanceof InspectionError)) throw error
    return `It looks like a file of Python, ${neverLoaded} It cannot even be inspected: ${error.message}`
  }
}

const neverLoaded = 'which may run any code when it is loaded, so it is not.'

const elsewhere =
  'Convert it where it was made, in a sandbox: evenkeel register FILE --model NAME --python .venv/bin/python'

const pickle = (inspection: ModelInspection): string => {
  const { mayLoad, why } = verdictOf(inspection)
  return `: a pickle of Python, ${neverLoaded} ${mayLoad ? elsewhere : why.join(' ')}`
}

const reasons: Readonly<Record<ModelInspection['format'], (inspection: ModelInspection) => string>> = {
  pickle,
  skops: () => `, which only Python can read. ${elsewhere}`,
  pytorch: (inspection) => `${pickle(inspection)} Export the model with torch.onnx.export.`,
  keras: () => '. Export the model with tf2onnx.',
  zip: () => '. Give the file of the model itself.',
  safetensors: () =>
    ': numbers without the network that they belong to, so it is kept and not served: evenkeel register FOLDER --model NAME. To serve it, export the model with torch.onnx.export or optimum.',
}
