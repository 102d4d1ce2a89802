// ONNX Runtime's side of the benchmark: optional, and no part of the programs.
//
//   node peer-ort.mjs NODE_MODULES IMAGES SIZE PASSES THREADS
//
// A ResNet-50 up to the global average pool, with batch norm folded into the convolutions, random
// weights and random pixels, is written as an ONNX model by the few lines of protobuf below and run
// in fp32.  Prints one JSON object; seconds are of one batch, the mean over PASSES after one that is
// not timed.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const [modules, images, size, passes, threads] = process.argv.slice(2).map((a, i) => (i ? Number(a) : a));

// ---- protobuf: field numbers are those of onnx.proto3 ------------------------------------------

function varint(n) {
	const bytes = [];
	for (; n > 127; n = Math.floor(n / 128)) bytes.push((n % 128) | 128);
	return Buffer.from([...bytes, n]);
}
const number = (field, n) => Buffer.concat([varint(field * 8), varint(n)]);
const block = (field, ...parts) => {
	const body = Buffer.concat(parts.map((p) => (typeof p === "string" ? Buffer.from(p) : p)));
	return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
};

const INT = 2, INTS = 7, FLOAT = 1;
const attribute = (name, value) =>
	Array.isArray(value)
		? block(5, block(1, name), ...value.map((v) => number(8, v)), number(20, INTS))
		: block(5, block(1, name), number(3, value), number(20, INT));
const node = (op, inputs, output, attributes = {}) =>
	block(1, ...inputs.map((i) => block(1, i)), block(2, output), block(4, op),
		...Object.entries(attributes).map(([k, v]) => attribute(k, v)));
const tensor = (name, dims, data) =>
	block(5, ...dims.map((d) => number(1, d)), number(2, FLOAT), block(8, name),
		block(9, Buffer.from(data.buffer)));
const value = (field, name, dims) =>
	block(field, block(1, name), block(2, block(1, number(1, FLOAT),
		block(2, ...dims.map((d) => block(1, number(1, d)))))));

// ---- the network --------------------------------------------------------------------------------

let seed = 1;
function uniform() { // in [-1, 1)
	seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
	return seed / 2147483648;
}
const random = (n, scale) => Float32Array.from({ length: n }, () => scale * uniform());

function model() {
	const parts = [];
	let count = 0;
	const emit = (op, inputs, attributes) => {
		const name = `v${count++}`;
		parts.push(node(op, inputs, name, attributes));
		return name;
	};
	const conv = (x, from, to, kernel, stride, pad, gain = 1) => {
		const w = `w${count}`, b = `b${count}`, fan = from * kernel * kernel;
		parts.push(tensor(w, [to, from, kernel, kernel], random(to * fan, gain * Math.sqrt(6 / fan))));
		parts.push(tensor(b, [to], random(to, 0.01)));
		return emit("Conv", [x, w, b], { kernel_shape: [kernel, kernel], strides: [stride, stride],
			pads: [pad, pad, pad, pad] });
	};
	const relu = (x) => emit("Relu", [x]);
	let x = relu(conv("pixels", 3, 64, 7, 2, 3)), inside = 64;

	x = emit("MaxPool", [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
	[3, 4, 6, 3].forEach((blocks, stage) => {
		const width = 64 << stage, out = 4 * width;
		for (let i = 0; i < blocks; i++) {
			const stride = stage && !i ? 2 : 1;
			let y = relu(conv(x, inside, width, 1, 1, 0));
			y = relu(conv(y, width, width, 3, stride, 1));
			y = conv(y, width, out, 1, 1, 0, 0.3);
			x = relu(emit("Add", [y, i ? x : conv(x, inside, out, 1, stride, 0)]));
			inside = out;
		}
	});
	const out = emit("GlobalAveragePool", [x]);
	const graph = block(7, ...parts, block(2, "resnet50"), value(11, "pixels", [images, 3, size, size]),
		value(12, out, [images, 2048, 1, 1]));
	return Buffer.concat([number(1, 8), block(8, block(1, ""), number(2, 13)), graph]);
}

// ---- the clock ----------------------------------------------------------------------------------

const require = createRequire(resolve(modules, "x.js"));
const ort = require("onnxruntime-node");
const { version } = JSON.parse(readFileSync(join(modules, "onnxruntime-node", "package.json")));
const session = await ort.InferenceSession.create(model(), { intraOpNumThreads: threads,
	interOpNumThreads: 1, graphOptimizationLevel: "all" });
const pixels = new ort.Tensor("float32", random(images * 3 * size * size, 2), [images, 3, size, size]);
let features = await session.run({ pixels });
const start = process.hrtime.bigint();
for (let i = 0; i < passes; i++) features = await session.run({ pixels });
const seconds = Number(process.hrtime.bigint() - start) / 1e9 / passes;
const [output] = Object.values(features);
if (output.data.length !== images * 2048 || !output.data.every(Number.isFinite) || !output.data.some((v) => v > 0))
	throw new Error("the features are not finite numbers");
console.log(JSON.stringify({ seconds, images, version, peak_kib: process.resourceUsage().maxRSS }));
