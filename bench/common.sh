# What the rows share: inputs, precisions, the floor and the peers.

inputs=$DIR/inputs
photos=$((2 * IMAGES > 16 * BATCH ? 2 * IMAGES : 16 * BATCH)) # 512: a slice as the pipelines cut them
rm -rf "$inputs"
mkdir -p "$inputs"
rl-synth --out "$inputs/photos" --layout imagefolder --images $photos --size 500x375 --seed 1 --quiet
find "$inputs/photos" -name '*.jpg' | sort >"$inputs/photos.txt"

net=${NET#--arch }

torch_missing=
"$PYTHON" -c 'import torch' 2>/dev/null || torch_missing="PyTorch is not installed"
ort_missing=
[ -d "$DIR/node_modules/onnxruntime-node" ] && command -v node >/dev/null || ort_missing="ONNX Runtime is not installed"

# of ITEMS COMMAND...: its JSON with the number of items done.
of() { "${@:2}" | jq -c --argjson items "$1" '. + {$items}'; }

# clocked ITEMS COMMAND...: wall clock, processor time and memory of a command whose output is of no interest.
clocked() {
	"$FLOOR/clock" "$DIR/clock.json" "${@:2}" >/dev/null
	of "$1" cat "$DIR/clock.json"
}

# training_step ITEMS COMMAND...: a run of two steps; the second is measured, by the loop's own log.
training_step() {
	rm -rf "$DIR/train"
	clocked "$1" "${@:2}" --out "$DIR/train" $NET --accumulate 1 --lr 0.001 --head-lr 0.1 --log-every 1 \
		--checkpoint-every 0 --precise-bn 0 --quiet >"$DIR/train.json"
	jq -c --argjson rate "$(jq 'select(.step == 2) | .samples_per_s' "$DIR/train/log.jsonl")" \
		'.seconds = .items / $rate' "$DIR/train.json"
}

floor() { "$FLOOR/conv-floor" --threads "$THREADS" "$@"; }
torch() { "$PYTHON" "$here/peer-torch.py" "$@" --threads "$THREADS"; }
ort() { node "$here/peer-ort.mjs" "$DIR/node_modules" "$@" "$THREADS"; }

# bf16 is measured where the CPU computes in it.
precisions=(fp32)
native=$(floor --arch resnet18 --width 8 --images 1 --size 32 | jq .native_bf16)
[ "$native" = false ] || precisions+=(bf16)
