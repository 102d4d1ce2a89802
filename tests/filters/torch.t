# Interoperation with PyTorch and safetensors, both ways; where they are installed.
. "$(dirname "$0")/tap.sh"
plain_only "PyTorch's numbers" "weights.t reads its files and extract.t runs its networks here"

has() { /usr/bin/python3 -c "from importlib.util import find_spec; assert find_spec('$1')" 2>stderr; }
if ! has torch; then
	echo "1..0 # SKIP python3-torch is not installed"
	exit 0
fi
twin() { /usr/bin/python3 "$top/tests/filters/torch-twin.py" "$@" 2>stderr; }
rl-synth --out photos --layout imagefolder --images 16 --seed 3 --quiet
find photos -name '*.jpg' | sort >list
head -3 list | rl-decode --short-side 256 --size 224x224 --quiet >images.tar
avgpool="--layers avgpool --precision fp32 --quiet"

# ---- torch.save and torch.load ----
twin save theirs.pth
ok $? "PyTorch saves weights"
for pth in theirs.pth theirs.pth.legacy; do
	rl-weights import $pth --out $pth.st 2>stderr && rl-extract --weights $pth.st $avgpool <images.tar >features.tar
	twin compare theirs.pth images.tar features.tar
	ok $? "$pth is imported, and is the network it is in PyTorch"
done
head -3 list | rl-decode --short-side 256 --size 224x224 --augment lighting=0.2 --quiet >lit.tar
rl-extract --weights theirs.pth.st $avgpool <lit.tar >features.tar 2>stderr
twin lit theirs.pth lit.tar features.tar
ok $? "with lighting added, too"
if has torchvision; then
	for arch in resnet34 resnet101; do
		twin draw $arch $arch.pth && rl-weights import $arch.pth --out $arch.st 2>stderr &&
			rl-extract --weights $arch.st $avgpool <images.tar >features.tar && twin as $arch $arch.pth images.tar features.tar
		ok $? "torchvision's $arch is imported, and is the network it is there"
	done
else
	skip "torchvision's networks" "not installed"
fi
cmp -s <(rl-weights show theirs.pth) <(rl-weights export theirs.pth.st --format pth --out ours.pth && rl-weights show ours.pth)
ok $? "and exported as it was"
twin same theirs.pth ours.pth
ok $? "bit for bit, says torch.load, with weights_only and without"
rl-weights import theirs.pth --bgr --out turned.st 2>stderr && rl-weights export turned.st --format pth --out turned.pth
twin bgr theirs.pth turned.pth
ok $? "--bgr: the stem computes from red first what it computed from blue first"
if ! has safetensors; then
	skip "safetensors" "not installed"
	done_testing
fi

# ---- theirs to us ----
twin make theirs.safetensors
ok $? "PyTorch makes weights"
rl-extract --weights theirs.safetensors $avgpool <images.tar >features.tar 2>stderr
ok $? "a file that safetensors wrote is read"
twin compare theirs.safetensors images.tar features.tar
ok $? "and is the network it is in PyTorch"
fails 1 "is F16, the network needs F32" "a file in half precision is refused" \
	rl-extract --precision fp32 --weights theirs.safetensors.half --quiet <images.tar

# ---- ours to them ----
rl-decode --short-side 292 --epochs 1 --quiet <list | rl-patchpairs --quiet |
	rl-train --out run --arch resnet18 --width 8 --hidden 16 --batch 8 --accumulate 1 --optimizer adamw --lr 0.001 \
		--lr-batch 8 --checkpoint-every 1 --quiet >/dev/null 2>stderr
ours=run/weights.safetensors
twin read $ours run/checkpoint-*.safetensors >types
ok $? "safetensors reads our weights and a checkpoint, for torch and for numpy"
is "$(head -1 types)" "('torch.float32', 100) ('torch.int64', 20)" "with every tensor, in its type"
rl-extract --weights $ours $avgpool <images.tar >features.tar 2>stderr
twin compare $ours images.tar features.tar
ok $? "and PyTorch makes the same features of them"
done_testing
