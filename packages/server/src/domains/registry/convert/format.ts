import type { ModelFormat } from '@evenkeel/contract'
import { isPythonFile } from '@evenkeel/contract/inspection'

/**
 * What a file looks like by its first bytes: a format that is known, one of Python's libraries that must be inspected
 * before more can be said, or a reason why it cannot be taken.
 */
export function formatOf(head: Buffer): ModelFormat | 'python' | { readonly reason: string } {
  const text = head.toString('latin1')
  if (text.startsWith('tree\n') || text.startsWith('tree\r\n')) return 'lightgbm'
  if (/^\{(?:\s*"|[LlIiU])/.test(text)) return 'xgboost'
  const refused = refusals.find(({ begins }) => begins.some((mark) => text.startsWith(mark)))
  if (refused) return { reason: `${refused.is} ${refused.instead}` }
  if (isPythonFile(head)) return 'python'
  // A protobuf has no mark of its own: ONNX begins with its version, a number in field 1.
  if (head[0] === 0x08) return 'onnx'
  return { reason: 'Its first bytes belong to no format that is known here.' }
}

const refusals = [
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
