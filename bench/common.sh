# What the rows share: inputs, precisions, the floor and the peers.

inputs=$DIR/inputs
photos=$((3 * IMAGES > 4 * BATCH ? 3 * IMAGES : 4 * BATCH))
rm -rf "$inputs"
mkdir -p "$inputs"
rl-synth --out "$inputs/photos" --layout imagefolder --images $photos --size 500x375 --seed 1 --quiet
find "$inputs/photos" -name '*.jpg' | sort >"$inputs/photos.txt"

net=${NET#--arch }

# bf16 is measured where the CPU computes in it.
precisions=(fp32)
! grep -qE "^flags.* (avx512_bf16|amx_bf16)( |$)" /proc/cpuinfo || precisions+=(bf16)

torch_missing=
"$PYTHON" -c 'import torch' 2>/dev/null || torch_missing="PyTorch is not installed"
ort_missing=
[ -d "$DIR/node_modules/onnxruntime-node" ] && command -v node >/dev/null || ort_missing="ONNX Runtime is not installed"

# The make targets let waiting threads sleep, because the programs of a pipe share the cores.  What runs alone
# runs as it would by itself, unless the caller's environment says how threads wait.
alone() {
	if [ "$WAIT_POLICY" = file ]; then env -u OMP_WAIT_POLICY "$@"; else "$@"; fi
}

# of ITEMS COMMAND...: its JSON with the number of items done.
of() { "${@:2}" | jq -c --argjson items "$1" '. + {$items}'; }

# clocked ITEMS COMMAND...: wall clock, processor time and memory of a command whose output is of no interest.
clocked() {
	"$FLOOR/clock" "$DIR/clock.json" "${@:2}" >/dev/null
	of "$1" cat "$DIR/clock.json"
}

floor() { alone "$FLOOR/conv-floor" --threads "$THREADS" "$@"; }
torch() { alone "$PYTHON" "$here/peer-torch.py" "$@" --threads "$THREADS"; }
ort() { alone node "$here/peer-ort.mjs" "$DIR/node_modules" "$@" "$THREADS"; }
