# rl-extract: images in, features out.
. "$(dirname "$0")/tap.sh"

rl-synth --out world --layout voc --images 14 --val 2 --seed 4 --quiet
rl-list voc07 world --set trainval >manifest
decode() { rl-decode --short-side 256 --size 224x224 --threads 1 --quiet; }
decode <manifest >images.tar
net="--random-init 5 --arch resnet18 --width 8 --quiet"

rl-extract $net <images.tar >f.tar 2>stderr
is $? 0 "features of an untrained network"
is "$(rl-info <f.tar | head -1 | jq -c '.fields | map_values(.shape)')" \
	'{"labels":[12],"feat1":[1152],"feat2":[288],"feat3":[256],"feat4":[288],"feat5":[256],"avgpool":[64]}' \
	"images become features, pooled to 12, 6, 4, 3 and 2 cells a side; labels pass"
is "$(rl-info --head <f.tar | jq -c '[.kind, .history[-1].tool, .history[-1].random_init]')" '["features","rl-extract",5]' \
	"the head says what they are, and the seed"
rl-cat --npy feat3 f.tar >f3.npy
is "$(/usr/bin/python3 -c 'import numpy as n; a = n.load("f3.npy"); print(a.shape, a.dtype, a.min() >= 0, a.max() > 0, n.isfinite(a).all())')" \
	"(14, 256) float32 True True True" "they are what ReLU leaves"

payload() { rl-info --check <"$1" | jq -r .xxh3_64; }
rl-extract --random-init 6 --arch resnet18 --width 8 --quiet <images.tar >g.tar
[ "$(payload g.tar)" != "$(payload f.tar)" ]
ok $? "another seed is another network"
for flags in "--batch 1" "--batch 5" "--threads 1" "--threads 3"; do
	rl-extract $net $flags <images.tar >g.tar
	is "$(payload g.tar)" "$(payload f.tar)" "the same bits with $flags"
done
rl-extract $net --layers feat4,avgpool <images.tar >g.tar
is "$(rl-info <g.tar | head -1 | jq -c '.fields | keys')" '["avgpool","feat4","labels"]' "only the layers asked for"
cmp -s <(rl-cat --npy feat4 g.tar) <(rl-cat --npy feat4 f.tar)
ok $? "with the same numbers"

# ---- lighting ----
lit() { rl-decode --short-side 256 --size 224x224 --augment "lighting=$1" --quiet <manifest | rl-extract $net --layers feat1,avgpool; }
lit 0.2 >lit.tar 2>stderr
is "$? $(rl-info --head <lit.tar | jq -c '.fields | keys')" '0 ["avgpool","feat1","labels"]' "a stream with lighting: it goes with the image"
rl-extract $net --layers feat1,avgpool <images.tar >unlit.tar
[ "$(payload lit.tar)" != "$(payload unlit.tar)" ]
ok $? "and counts"
lit 0 >dark.tar
is "$(payload dark.tar)" "$(payload unlit.tar)" "one of zeros changes no bit"

# ---- precision ----
rl-extract $net --precision fp32 <images.tar >f32.tar
rl-extract $net --precision bf16 <images.tar >b16.tar 2>stderr
is $? 0 "features in bfloat16, on any CPU"
is "$(for t in f32 b16; do rl-info --head <$t.tar | jq -r '.history[-1].network.precision'; done | tr '\n' ' ')" "fp32 bf16 " \
	"the head says in which numbers"
rl-cat --npy avgpool f32.tar >f32.npy
rl-cat --npy avgpool b16.tar >b16.npy
is "$(/usr/bin/python3 -c 'import numpy as n; a, b = n.load("f32.npy"), n.load("b16.npy")
e = abs(a - b).max() / abs(a).max(); print(0 < e < 0.03, e if e > 0.03 else "")')" "True " "they are those of fp32, rounded"
is "$(payload f.tar)" "$(payload "$(rl-info --head <f.tar | jq -r 'if .history[-1].network.precision == "bf16" then "b16.tar" else "f32.tar" end')")" \
	"and auto is one of the two"

# ---- GNU parallel ----
export net
one='rl-decode --short-side 256 --size 224x224 --threads 1 --quiet | rl-extract $net --threads 1'
bash -c "$one" <manifest | rl-cat >serial.tar
parallel --will-cite --pipe --keep-order -N 4 -j 3 --halt now,fail=1 "$one" <manifest 2>stderr | rl-cat >fanned.tar
is "$(payload fanned.tar)" "$(payload serial.tar)" "four slices on three jobs carry the payload of a serial run"
for t in fanned serial; do tar xf $t.tar --one-top-level=$t --exclude='__rl__/head.json'; done
diff -r fanned serial >stderr
ok $? "and its bytes, member by member"
is "$(rl-info <fanned.tar)" "$(rl-info <serial.tar)" "in the same order"
sed '6s/JPEGImages/nowhere/' manifest >broken
parallel --will-cite --pipe --keep-order -N 4 -j 3 --halt now,fail=1 "$one" <broken 2>stderr | rl-cat >/dev/null 2>&1
[ "${PIPESTATUS[0]}" -ne 0 ]
ok $? "a slice that fails fails the run"

# ---- weights ----
find world -name '*.jpg' | sort | rl-decode --short-side 292 --epochs 1 --quiet | rl-patchpairs --quiet |
	rl-train --out run --arch resnet18 --width 8 --hidden 16 --batch 8 --accumulate 1 --optimizer adamw --lr 0.001 \
		--lr-batch 8 --quiet >/dev/null 2>stderr
w=run/weights.safetensors
rl-extract --weights $w --quiet <images.tar >t.tar 2>stderr
is $? 0 "features of trained weights; the file tells the network"
[ "$(payload t.tar)" != "$(payload f.tar)" ]
ok $? "are others"
is "$(rl-info --head <t.tar | jq -r '.history[-1].inputs[0].sha256')" "$(sha256sum <$w | cut -d' ' -f1)" \
	"their history has the hash of the weights"
is "$(rl-info --head <t.tar | jq -c '.history[-1].pretraining | [.task, .images, .epochs, .batch, .optimizer]')" \
	'["relative location",16,1,8,"adamw"]' "and what the weights say of how they came about"

rl-extract --random-init 7 --like $w --quiet <images.tar >like.tar 2>stderr
like=$?
rl-extract --random-init 7 --arch resnet18 --width 8 --quiet <images.tar >arch.tar 2>stderr
is "$like $(payload like.tar)" "0 $(payload arch.tar)" \
	"an untrained network takes its shape from weights"

cat >edit.py <<'E2'
import json, struct, sys
f = open(sys.argv[1], "rb").read()
n = struct.unpack("<Q", f[:8])[0]
h, data = json.loads(f[8:8 + n]), f[8 + n:]
exec(sys.argv[3])
t = json.dumps(h).encode()
open(sys.argv[2], "wb").write(struct.pack("<Q", len(t)) + t + data)
E2
edit() { /usr/bin/python3 edit.py $w bad.st "$1"; }
bad() { fails 1 "$1" "$2" rl-extract --weights bad.st --quiet <images.tar; }
edit 'h["fc.weight"] = {"dtype": "F32", "shape": [1], "data_offsets": [len(data), len(data) + 4]}; data += b"0000"'
bad "tensor fc.weight: the network has no place for it" "a tensor too many"
edit 'd = h.pop("layer3.1.bn1.bias"); h["layer3.1.bn1.bia"] = d'
bad "layer3.1.bn1.bia" "a tensor by another name"
edit 'h["__metadata__"]["pretraining"] = "{"'
bad "bad.st: not JSON" "half of what weights say of themselves"
edit 'h["bn1.weight"]["shape"] = [2, 4]'
bad "tensor bn1.weight has another shape" "a tensor of another shape"
edit 'h["bn1.weight"]["dtype"] = "I32"'
bad "tensor bn1.weight is I32" "a tensor of another type"
edit 'h["bn1.weight"]["dtype"] = "F12"'
bad "unknown dtype F12" "a type nobody knows"
edit 'h["bn1.weight"]["data_offsets"][1] += 4'
bad "its shape needs" "a tensor longer than its shape"
edit 'h["bn1.weight"]["data_offsets"] = h["bn1.bias"]["data_offsets"]'
bad "overlaps" "two tensors in one place"
edit 'h["bn1.weight"]["data_offsets"] = [1 << 60, (1 << 60) + 32]'
bad "outside the file" "offsets beyond the file"
edit 'h["bn1.weight"]["shape"] = [1 << 62, 1 << 62]'
bad "bad shape" "a shape that overflows"
edit 'data += b"x"'
bad "1 bytes after the last tensor" "bytes that belong to nobody"
edit 'h["stem.weight"] = h.pop("conv1.weight")'
bad "no ResNet: conv1.weight is missing" "no stem"
head -c 5000 $w >bad.st
bad "truncated" "a truncated file"
printf '\377\377\377\377\377\377\377\377' >bad.st
bad "header of" "an absurd header length"
printf '\4\0\0\0\0\0\0\0{"a"' >bad.st
bad "not JSON" "a header that is not JSON"
: >bad.st
bad "too short" "an empty file"
fails 1 "nowhere.st: " "weights that are not there" rl-extract --weights nowhere.st <images.tar

# ---- other errors ----
fails 2 "need one of --weights and --random-init" "no network" rl-extract <images.tar
fails 2 "need one of --weights and --random-init" "two networks" rl-extract --weights $w --random-init 1 <images.tar
fails 2 "--arch and --width: the weights tell" "a network beside the weights'" rl-extract --weights $w --arch resnet18 <images.tar
fails 2 "--arch and --width: the weights tell" "and beside those of its like" rl-extract --random-init 1 --like $w --width 8 <images.tar
fails 2 "--like: is for --random-init" "a like of weights" rl-extract --weights $w --like $w <images.tar
fails 2 "--precision: fp8: must be one of auto, fp32, bf16" "a precision that is not there" \
	rl-extract $net --precision fp8 <images.tar
fails 2 "--layers: feat9: must be one of" "a layer that is not there" rl-extract $net --layers feat1,feat9 <images.tar
rl-synth --out tall --layout imagefolder --images 1 --size 240x320 --quiet
{ find world -name '*.jpg' | head -2; find tall -name '*.jpg'; } >mixed
fails 1 "image is 224x298, the first was 298x224" "images of two sizes" \
	sh -c "rl-decode --short-side 224 --quiet <mixed | rl-extract $net"
small() { # SIZE LAYERS
	rl-decode --size $1 --quiet <manifest | rl-extract $net --layers $2 --quiet
}
fails 1 "stdin: images of 64x96: too small for feat5, which takes 161 pixels a side" "images too small for the windows" \
	small 64x96 feat1,feat2,feat3,feat4,feat5,avgpool
while read -r layer least; do
	fails 1 "images of $((least - 1))x170: too small for $layer, which takes $least pixels a side" "too small for $layer" small $((least - 1))x170 $layer
	small ${least}x$least $layer 2>stderr | rl-info --check >stdout 2>>stderr
	ok $? "just large enough for it"
done <<'E2'
feat2 61
feat3 97
feat4 113
feat5 161
E2
head -c 300000 images.tar >cut.tar
fails 1 "truncated" "a truncated stream" rl-extract $net <cut.tar
rl-info --check <stdout >/dev/null 2>&1
[ $? -ne 0 ]
ok $? "gives no valid stream"
done_testing
