# rl-extract --patches: features of a dense grid of patches over images of any size.
. "$(dirname "$0")/tap.sh"

rl-synth --out world --layout imagefolder --images 5 --size 200x150 --seed 4 --quiet
rl-synth --out tall --layout imagefolder --images 1 --size 97x180 --seed 5 --quiet
rl-synth --out small --layout imagefolder --images 1 --size 60x40 --seed 6 --quiet
for dir in world small tall; do rl-list imagefolder $dir/train; done | jq -c 'del(.label, .nclass) | .key = .path[:-4]' >list
net="--random-init 5 --arch resnet18 --width 8 --quiet"
extract() { rl-decode --quiet <list | rl-extract $net --patches "$@"; }
payload() { rl-info --check <"$1" | jq -r .xxh3_64; }

extract --patch 64 --stride 32 --scales 1,0.5 --size 128 --layers feat3,feat4,avgpool >p.tar 2>stderr
is $? 0 "features of patches of images of several sizes"
is "$(rl-info --head <p.tar | jq -c '[.kind, (.fields | map_values(.shape)), .history[-1].patches]')" \
	'["patchfeatures",{"size":[2],"places":["M",4],"feat3":["M",16],"feat4":["M",32],"avgpool":["M",64]},{"patch":64,"stride":32,"size":128,"scales":[1,0.5]}]' \
	"the head says what they are, and of what grid"
is "$(rl-info <p.tar | jq -c '.fields.places.shape[0] // empty' | xargs)" "17 17 17 17 17 0 8" \
	"each image has as many as fit it: 5 x 3 and 2 x 1, none, 2 x 4 and none"
for flags in "--batch 1" "--batch 7" "--batch 500" "--threads 1"; do
	extract --patch 64 --stride 32 --scales 1,0.5 --size 128 --layers feat3,feat4,avgpool $flags >q.tar
	is "$(payload q.tar)" "$(payload p.tar)" "the same bits with $flags"
done

# As they are, patches are crops: the same as crops made elsewhere, each an image of its own.
extract --patch 64 --stride 20 >p.tar
rl-decode --quiet <list >images.tar
PYTHONPATH=$top/tests/filters /usr/bin/python3 - >compared <<'END'
import numpy as np
from tensorstream import read, write
def starts(side, n=64, step=20):
    left = side - n
    return [] if left < 0 else [(left % step + 1) // 2 + step * i for i in range(left // step + 1)]
crops = [(key, x, y, s["image"][y:y + 64, x:x + 64]) for key, s in read("images.tar")
         for y in starts(s["image"].shape[0]) for x in starts(s["image"].shape[1])]
write("crops.tar", {"image": {"dtype": "u1", "shape": [64, 64, 3]}},
      [("c%05d" % i, {"image": c[3]}) for i, c in enumerate(crops)])
want = [(key, x, y, x + 64, y + 64) for key, x, y, _ in crops]
print(want == [(key, *p) for key, s in read("p.tar") for p in s["places"].tolist()],
      len(want) > 100, [s["size"].tolist() for _, s in read("p.tar")][-3:])
END
is "$(cat compared)" "True True [[150, 200], [40, 60], [180, 97]]" "places and sizes are in the images' pixels"
rl-extract $net --layers avgpool <crops.tar >c.tar
is "$(PYTHONPATH=$top/tests/filters /usr/bin/python3 -c '
import numpy as np
from tensorstream import read
a = np.concatenate([s["avgpool"] for _, s in read("p.tar")])
b = np.stack([s["avgpool"] for _, s in read("c.tar")])
print(a.shape == b.shape, abs(a - b).max() <= 1e-5 * abs(b).max(), b.std(0).min() > 0)')" "True True True" \
	"features are those of the same crops as images of their own"
# At other scales and sizes, to what resizing the whole image first gives.
rl-synth --out even --layout imagefolder --images 3 --size 192x128 --seed 7 --quiet
find even/train -name '*.jpg' | sort >list.even
rl-decode --quiet <list.even | rl-extract $net --patches --patch 64 --stride 32 --scales 0.5 --size 96 >half.tar
rl-decode --quiet --size 144x96 <list.even | rl-extract $net --patches --patch 96 --stride 48 >resized.tar
is "$(rl-cat --npy avgpool half.tar | sha256sum)" "$(rl-cat --npy avgpool resized.tar | sha256sum)" \
	"an image is resized once, by scale and size together"
is "$(PYTHONPATH=$top/tests/filters /usr/bin/python3 -c '
from tensorstream import read
print(read("half.tar")[0][1]["places"].tolist())')" "[[0.0, 0.0, 128.0, 128.0], [64.0, 0.0, 192.0, 128.0]]" "and places are where that was cut from"

# Labels pass, lighting counts.
rl-decode --quiet --augment lighting=0.2 <<<"$(rl-list imagefolder world/train)" | rl-extract $net --patches >lit.tar
rl-decode --quiet <<<"$(rl-list imagefolder world/train)" | rl-extract $net --patches >unlit.tar
is "$(rl-info --head <lit.tar | jq -c '.fields | keys')" '["avgpool","label","places","size"]' "labels pass, lighting does not"
[ "$(payload lit.tar)" != "$(payload unlit.tar)" ]
ok $? "it goes with the patches"
rl-cat --slice 0:0 images.tar | rl-extract $net --patches | rl-info --check | jq -c .samples >none
is "$(cat none)" 0 "no images: no patches"

# ---- errors -------------------------------------------------------------------------------------
for option in "--patch 64" "--stride 9" "--scales 1" "--size 64"; do
	fails 2 "--patch, --stride, --scales and --size are for --patches" "$option without patches" rl-extract $net $option <images.tar
done
fails 2 "--scales: 0: must be" "a scale of nothing" rl-extract $net --patches --scales 1,0 <images.tar
fails 2 "--scales: 0.5: twice" "a scale given twice" rl-extract $net --patches --scales 1,0.5,.5 <images.tar
fails 2 "--patch: 7: must be" "a patch too small" rl-extract $net --patches --patch 7 <images.tar
fails 1 "images of 96x96: too small for feat5, which takes 161 pixels a side" "patches too small for a layer" \
	rl-extract $net --patches --layers feat5 <images.tar
rl-synth --out wide --layout voc --images 1 --size 4000x32 --quiet
find wide -name '*.jpg' | rl-decode --quiet >wide.tar
fails 1 "the limit is 65535 a side at one of --scales" "an image too large at a scale" rl-extract $net --patches --scales 20 <wide.tar
rl-cat --fields label <(rl-decode --quiet < <(rl-list imagefolder world/train)) >bare.tar
fails 1 "no field image" "a stream without images" rl-extract $net --patches <bare.tar
head -c 100000 images.tar >cut.tar
fails 1 "stdin: truncated" "a truncated stream" rl-extract $net --patches <cut.tar
done_testing
