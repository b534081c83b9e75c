import type { ModelFormat } from '@evenkeel/contract'

/** What a file looks like by its first bytes: a format that is known, or a reason why it cannot be taken. */
export function formatOf(head: Buffer): ModelFormat | { readonly reason: string } {
  const text = head.toString('latin1')
  if (text.startsWith('tree\n') || text.startsWith('tree\r\n')) return 'lightgbm'
  if (/^\{(?:\s*"|[LlIiU])/.test(text)) return 'xgboost'
  const refused = refusals.find(({ begins }) => begins.some((mark) => text.startsWith(mark)))
  if (refused) return { reason: `${refused.is} ${refused.instead}` }
  // Its header is JSON behind a length of eight bytes.
  if (text.startsWith('{"', 8)) return { reason: safetensors }
  // A protobuf has no mark of its own: ONNX begins with its version, a number in field 1.
  if (head[0] === 0x08) return 'onnx'
  return { reason: 'Its first bytes belong to no format that is known here.' }
}

const refusals = [
  {
    begins: ['\x80\x02', '\x80\x03', '\x80\x04', '\x80\x05'],
    is: 'It is a pickle of Python, which may run any code when it is loaded, so it is not.',
    instead:
      'Save the model with its own library instead: LightGBM with booster_.save_model("model.txt"), XGBoost with save_model("model.json"), scikit-learn as ONNX with skl2onnx.',
  },
  {
    begins: ['\x78\x01', '\x78\x5e', '\x78\x9c', '\x78\xda', '\x1f\x8b'],
    is: 'It is compressed, as joblib does with pickles.',
    instead: 'Convert the model to ONNX with skl2onnx, or save it with its own library.',
  },
  {
    begins: ['PK\x03\x04'],
    is: 'It is a ZIP archive, as PyTorch and Keras write.',
    instead: 'Export the model with torch.onnx.export or tf2onnx.',
  },
  {
    begins: ['\x89HDF'],
    is: 'It is HDF5, as Keras writes.',
    instead: 'Export the model with tf2onnx.',
  },
  {
    begins: ['binf', 'bs64'],
    is: 'It is the old binary format of XGBoost.',
    instead: 'Load it with the XGBoost that wrote it, and save it with save_model("model.json").',
  },
] as const

const safetensors =
  'It is safetensors: numbers without the network that they belong to. Export the model with torch.onnx.export or optimum.'
