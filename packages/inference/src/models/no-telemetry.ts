// ONNX Runtime writes down every session and sends it to its vendor, unless it finds this when it is loaded.
process.env['ORT_DISABLE_TELEMETRY'] = '1'
