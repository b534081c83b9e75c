// ONNX Runtime writes down every session and sends it to its vendor, unless it finds this when it is loaded. In the main
// thread: the environment of a worker is a copy that no library sees.
process.env['ORT_DISABLE_TELEMETRY'] = '1'
