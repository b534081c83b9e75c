export { type Golden, goldenOf } from './golden.ts'
export { OnnxFormatError } from './protobuf-reader.ts'
export { type OnnxSummary, type OnnxValue, readOnnx } from './read-onnx.ts'
export { type OnnxExportOptions, treesToOnnx } from './trees-to-onnx.ts'
