# rl-weights: other people's files in, ours out, and back.
. "$(dirname "$0")/tap.sh"

/usr/bin/python3 -W ignore "$top/tests/filters/make-weights.py" 2>stderr
ok $? "files to read are made"
whole() { rl-weights show "$1" | tail -1 | jq -r .xxh3_64; }

# ---- show: files that PyTorch wrote, and what PyTorch says is in them ----
golden=$top/tests/golden/weights
for kind in zip legacy tar; do
	rl-weights show "$golden/$kind.pth" >shown 2>stderr
	is $? 0 "show: PyTorch's $kind format"
	/usr/bin/python3 - "$golden/expected.json" $kind <<'E2' 2>stderr
import json, sys
got = [json.loads(line) for line in open("shown")][:-1]
wanted = json.load(open(sys.argv[1]))[sys.argv[2]]
assert [g["name"] for g in got] == [w["name"] for w in wanted]
for g, w in zip(got, wanted):
    for key, value in w.items():
        assert g[key] == value or abs(g[key] - value) < 1e-6 * max(1, abs(value)), (g, key, value)
E2
	ok $? "show: $kind: names, types, shapes, norms and extremes are PyTorch's"
done
is "$(whole "$golden/zip.pth")" "$(whole "$golden/legacy.pth")" "show: the same tensors have one hash in two formats"
is "$(rl-weights show "$golden/zip.pth" | tail -1 | jq -c '[.tensors, .objects]')" "[18,1]" "show: an object is counted"

# ---- import: everybody's names ----
rl-weights import plain.pth --out plain.st 2>said
is "$(cat said)" "rl-weights: plain.pth: PyTorch zip, ResNet-18, 120 tensors, by the names of torchvision" "import says what it found"
rl-weights export plain.st --format npz --out again.npz
/usr/bin/python3 -c 'import numpy as n; a, b = n.load("plain.npz"), n.load("again.npz")
assert sorted(a) == sorted(b) and all(a[k].dtype == b[k].dtype and a[k].shape == b[k].shape and (a[k] == b[k]).all() for k in a)' 2>stderr
ok $? "the arrays in the .npz are, bit for bit, those of the .pth"
plain=$(whole plain.st)
while read -r kind name; do
	rl-weights import $kind.pth --out $kind.st 2>said
	is "$(whole $kind.st) $(head -1 said | sed 's/.* by the names of //')" "$plain $name" "import: $kind"
done <<'E2'
legacy torchvision
protocol-4 torchvision
protocol-5 torchvision
torchvision torchvision
double torchvision
extracted torchvision: state_dict.
mmselfsup MMSelfSup: state_dict.backbone.
mmselfsup-simsiam MMSelfSup: state_dict.backbone.
mmselfsup-odc MMSelfSup: state_dict.backbone.
sequential MMSelfSup: state_dict.encoder.0.
solo MMSelfSup: state_dict.backbone.
barlow MMSelfSup: model.module.backbone.
openselfsup-moco MMSelfSup: state_dict.backbone.
moco MoCo: state_dict.module.encoder_q.
mocov3 MoCo v3: state_dict.module.base_encoder.
dino DINO: teacher.backbone.
vissl VISSL: classy_state_dict.base_model.model.trunk._feature_blocks.
simsiam SimSiam: state_dict.module.encoder.
swav torchvision: module.
unknown nobody known: my.own.
E2
rl-weights import mmselfsup.pth --out x.st 2>said
is "$(sed -n 2,3p said)" "rl-weights: mmselfsup.pth: left out: optimizer.* (1), state_dict.head.* (1), state_dict.neck.* (2)
rl-weights: mmselfsup.pth: not looked into: 1 objects, such as meta.cfg (mmcv.utils.config.Config)" \
	"what is left out is listed, and so is what was not looked into"
for kind in mmselfsup-simsiam mmselfsup-odc sequential solo barlow; do
	rl-weights import $kind.pth --out x.st 2>&1 | sed -n "s/.*: left out: /$kind: /p"
done >said
is "$(cat said)" "mmselfsup-simsiam: state_dict.encoder.0.* (120), state_dict.encoder.* (1), state_dict.head.* (1), state_dict.neck.* (1)
mmselfsup-odc: state_dict.head.* (1), state_dict.loss_weight (1), state_dict.memory_bank.* (2), state_dict.neck.* (1)
sequential: state_dict.encoder.1.* (1)
solo: state_dict.classifier.* (1), state_dict.momentum_backbone.* (120), state_dict.momentum_classifier.* (1), \
state_dict.momentum_projector.* (1), state_dict.projector.* (1), state_dict.queue (1)
barlow: model.module.bn.* (1), model.module.projector.* (1)" "copies, necks, memory banks and projectors are"
rl-weights import mmselfsup.pth --out x.st 2>stderr && cmp -s x.st mmselfsup.st
ok $? "the same file makes the same bytes"
rl-weights import dino.pth --prefix student.module.backbone. --out student.st 2>said
is "$(head -1 said | sed 's/.* names of //')" "DINO student: student.module.backbone." "--prefix takes another network"
[ "$(whole student.st)" != "$plain" ]
ok $? "which is another"
fails 1 "several networks, a.* and b.*: --prefix says which" "two networks under unknown names" \
	rl-weights import two.pth --out two.st
rl-weights import two.pth --prefix a. --out two.st 2>said
is "$(sed 1d said)" "rl-weights: two.pth: left out: b.* (120)" "one of them; the other is listed"
rl-weights import half.pth --out half.st 2>said
is "$(rl-weights show half.st | jq -r 'select(.name == "conv1.weight").dtype')" F32 "half precision becomes F32"
rl-weights import uncounted.pth --out uncounted.st 2>said
grep -q "20 num_batches_tracked are missing, and now 0" said
ok $? "counts of before PyTorch 0.4.1 are 0, and that is said"
rl-weights import plain.st --out x.st 2>stderr && [ "$(whole x.st)" = "$plain" ]
ok $? "safetensors is imported, too"
rl-weights import plain.pth --bgr --out turned.st 2>stderr && rl-weights export turned.st --format npz --out turned.npz
/usr/bin/python3 - <<'E2' 2>stderr
import numpy as n
a, b, rgb = n.load("plain.npz"), n.load("turned.npz"), n.array([0.9, 0.2, 0.4])
mean, std = n.array([0.485, 0.456, 0.406]), n.array([0.229, 0.224, 0.225])
of = lambda w, x: w["conv1.weight"].astype(float).sum((2, 3)) @ ((x - mean) / std) - w["bn1.running_mean"]
assert abs(of(a, rgb[::-1]) - of(b, rgb)).max() < 1e-4 * abs(of(a, rgb)).max(), (of(a, rgb[::-1]), of(b, rgb))
E2
ok $? "--bgr: the stem has the same to say of a colour, given red first"
is "$(/usr/bin/python3 -c 'import json; f = open("turned.st", "rb").read(); n = int.from_bytes(f[:8], "little")
m = json.loads(f[8:8 + n])["__metadata__"]; print(m["source"], m["source_sha256"], m["convention"], m["bgr"], sep=",")')" \
	"plain.pth,$(sha256sum <plain.pth | cut -d' ' -f1),torchvision,turned to RGB" "the metadata say where weights come from"

# ---- strictness ----
strict() {
	fails 1 "$2" "$3" rl-weights import $1.pth --out $1.st
	[ ! -e $1.st ]
	ok $? "and nothing is written"
}
strict missing "1 tensors of a ResNet-18 are missing: layer3.1.bn2.bias (--partial goes on)" "a missing tensor is named"
strict first "1 tensors of a ResNet-18 are missing: layer1.0.conv1.weight (--partial goes on)" "so is the one behind the stem"
strict stranger "2 tensors are no part of a ResNet-18 and nothing known: gem.p, layer5.weight" "strangers are named"
strict shape "tensor layer2.0.bn1.bias has another shape than a ResNet-18's" "another shape"
strict nan "tensor layer2.0.bn1.bias: value 0 is nan" "a value that is none"
strict huge "value 0 is 1e+300: not finite in F32" "a double that is no float"
strict whole "tensor layer2.0.bn1.bias is of whole numbers" "integers for weights"
strict stem "no ResNet" "no stem"
strict depth "the number of blocks is another" "no known depth"
rl-weights import stranger.pth --partial --out stranger.st 2>said
is "$(whole stranger.st)" "$plain" "--partial leaves strangers out"
grep -q "nothing known: gem.p, layer5.weight" said
ok $? "and names them"
rl-weights import missing.pth --partial --out missing.st 2>said
is "$(rl-weights show missing.st | tail -1 | jq .tensors)" 119 "--partial goes on without what is missing"
is "$(head -1 said)" "rl-weights: missing.pth: 1 tensors of a ResNet-18 are missing: layer3.1.bn2.bias: no program here will load \
what is written" "and says what that is worth"

# ---- the loaders ----
rl-synth --out photos --layout imagefolder --images 4 --seed 3 --quiet
find photos -name '*.jpg' | sort | rl-decode --short-side 64 --size 64x64 --quiet >images.tar
extract() { rl-extract --weights "$1" --layers avgpool --quiet <images.tar; }
extract moco.st >features.tar 2>stderr
is $? 0 "rl-extract loads what was imported"
is "$(rl-info --head <features.tar | jq -r '.history[-1].inputs[0].sha256')" "$(sha256sum <moco.st | cut -d' ' -f1)" \
	"and records its hash"
fails 1 "layer3.1.bn2.bias is missing" "a partial file is refused, and the tensor named" extract missing.st
fails 1 "a PyTorch file: rl-weights import makes safetensors of it" "a .pth is no safetensors, but can be" extract plain.pth
/usr/bin/python3 - <<'E2' 2>stderr
import json, struct
f = open("moco.st", "rb").read()
n = 8 + int.from_bytes(f[:8], "little")
begin, end = json.loads(f[8:n])["layer2.0.bn1.bias"]["data_offsets"]
for name, value in ("nan", float("nan")), ("inf", float("-inf")):
    open(f"loaded-{name}.st", "wb").write(f[:n + end - 4] + struct.pack("<f", value) + f[n + end:])
E2
ok $? "files with a number that is none are made"
fails 1 "loaded-nan.st: tensor layer2.0.bn1.bias: value 3 is nan: not finite" "and refused: not a number" extract loaded-nan.st
fails 1 "loaded-inf.st: tensor layer2.0.bn1.bias: value 3 is -inf: not finite" "infinite" extract loaded-inf.st

# ---- export ----
rl-weights export plain.st --format pth --out back.pth
is "$(whole back.pth)" "$plain" "a .pth has what the safetensors file had"
rl-weights export plain.st --format pth --out twice.pth && cmp -s back.pth twice.pth
ok $? "and is the same bytes every time"
is "$(rl-weights show plain.st | head -1 | jq -c '[.name, .shape]')" '["bn1.bias",[2]]' "show reads safetensors"

# ---- hostility ----
while read -r kind text; do
	fails 1 "$text" "hostile: $kind" timeout 60 rl-weights show "hostile-$kind.pth"
done <<'E2'
system calls posix.system
system-beside calls posix.system
system-4 calls os.system
eval calls builtins.eval
getattr calls builtins.getattr
called-object calls no function
inst an opcode that no file of weights needs
extension an opcode that no file of weights needs
whole-module holds an object of my.models.Net
empty-stack takes from an empty stack
no-mark no mark
two-left leaves more than one object
no-stop truncated
long truncated
string truncated
memo more objects than any file of weights has
memo-empty nothing in the memo there
odd a key without a value
into-none puts items into what is no container
deep nested too deeply, in themselves, or
itself nested too deeply, in themselves, or
doubling sharing members over and over
sharing sharing members over and over
many more objects than any file of weights has
pairs more objects than any file of weights has
protocol a protocol after 5
offset reaches beyond the 6 elements of its storage
negative-offset bad shape, strides or offset
negative-stride bad shape, strides or offset
repeats reaches beyond the 6 elements of its storage
overflow bad shape, strides or offset
far bad shape, strides or offset
negative-size bad shape, strides or offset
strides 2 dimensions, 1 strides
nine no tuple of at most 8
elements 24 bytes, but it says 1099511627776 elements
tensors more than 65536 tensors
fewer 24 bytes, but it says 5 elements
storage-missing storage 1 is missing
deflated compressed or encrypted
bomb compressed or encrypted
duplicate member archive/data/0: two of that name
big-endian not little-endian
torchscript a TorchScript program
other-zip none of PyTorch's: no data.pkl
twice tensor a: two of that name
size its size is a lie
checksum CRC error
local-offset member archive/data/0
overlap its size is a lie
legacy-big-endian not little-endian
legacy-short truncated
legacy-count truncated
legacy-more 4 bytes after the last storage
E2
[ ! -e hurt ]
ok $? "and nothing was executed"
: >empty.pth
fails 1 "too short" "an empty file" rl-weights show empty.pth
fails 1 "nowhere.pth: open" "no file" rl-weights show nowhere.pth
fails 1 "empty: not a regular file" "a directory" sh -c 'mkdir empty; rl-weights show empty'

# ---- what stands at --out already ----
mkfifo fifo
fails 1 "fifo: not a regular file: will not be replaced" "--out: a named pipe" rl-weights import plain.pth --out fifo
[ -p fifo ]
ok $? "is left alone"
mkdir kept && : >kept/w.st && ln -s kept/w.st link.st
rl-weights import plain.pth --out link.st 2>stderr && [ -L link.st ] && [ "$(whole kept/w.st)" = "$plain" ]
ok $? "--out: a symbolic link stays, and what it leads to is replaced"

# ---- misuse ----
fails 2 "want import, show or export, and a file" "no file named" rl-weights show
fails 2 "command: list: must be one of import, show, export" "no such command" rl-weights list x
fails 2 "--out is for import and export" "import without --out" rl-weights import plain.pth
fails 2 "--out is for import and export" "show with --out" rl-weights show plain.pth --out x
fails 2 "--format is for export" "export without a format" rl-weights export plain.st --out x
fails 2 "--format: pkl: must be one of pth, npz" "a format that is not there" rl-weights export plain.st --format pkl --out x
fails 2 "--partial, --prefix and --bgr are for import" "show with --bgr" rl-weights show plain.st --bgr
fails 1 "nowhere/x.st" "a directory that is not there" rl-weights import plain.pth --out nowhere/x.st
done_testing
