# Interoperation with PyTorch and safetensors, both ways; where Debian's packages of them are installed.
. "$(dirname "$0")/tap.sh"

if ! /usr/bin/python3 -c 'from importlib.util import find_spec; assert find_spec("torch") and find_spec("safetensors")' 2>stderr
then
	echo "1..0 # SKIP python3-torch and python3-safetensors are not installed"
	exit 0
fi
twin() { /usr/bin/python3 "$top/tests/filters/torch-twin.py" "$@" 2>stderr; }
rl-synth --out photos --layout imagefolder --images 16 --seed 3 --quiet
find photos -name '*.jpg' | sort >list
head -3 list | rl-decode --short-side 256 --size 224x224 --quiet >images.tar

# ---- theirs to us ----
twin make theirs.safetensors
ok $? "PyTorch makes weights"
rl-extract --weights theirs.safetensors --layers avgpool --quiet <images.tar >features.tar 2>stderr
ok $? "a file that safetensors wrote is read"
twin compare theirs.safetensors images.tar features.tar
ok $? "and is the network it is in PyTorch"
fails 1 "is F16, the network needs F32" "a file in half precision is refused" \
	rl-extract --weights theirs.safetensors.half --quiet <images.tar

# ---- ours to them ----
rl-decode --short-side 292 --epochs 1 --quiet <list | rl-patchpairs --quiet |
	rl-train --out run --arch resnet18 --width 8 --hidden 16 --batch 8 --accumulate 1 --optimizer adamw --lr 0.001 \
		--lr-batch 8 --checkpoint-every 1 --quiet >/dev/null 2>stderr
ours=run/weights.safetensors
twin read $ours run/checkpoint-*.safetensors >types
ok $? "safetensors reads our weights and a checkpoint, for torch and for numpy"
is "$(head -1 types)" "('torch.float32', 100) ('torch.int64', 20)" "with every tensor, in its type"
rl-extract --weights $ours --layers avgpool --quiet <images.tar >features.tar 2>stderr
twin compare $ours images.tar features.tar
ok $? "and PyTorch makes the same features of them"
done_testing
