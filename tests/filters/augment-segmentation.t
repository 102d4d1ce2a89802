# rl-augment: the operations that segmentation is trained with, and classes that follow their image.
. "$(dirname "$0")/tap.sh"
PATH=$PATH:${RL_BIN:-$top/bin}/../obj/tests
export PYTHONPATH=$top/tests/filters

# Rectangles, class 1 white on class 0 black, and under some of the black no class.
/usr/bin/python3 - >manifest <<'E'
import json, numpy
png = __import__("label-files").png
r = numpy.random.RandomState(4)
for i in range(16):
    h, w = r.randint(60, 100, 2)
    a = numpy.zeros((h, w), "u1")
    for _ in range(2):
        y, x = r.randint(0, h - 25), r.randint(0, w - 25)
        a[y:y + r.randint(14, 40), x:x + r.randint(14, 40)] = 1
    png("%d.png" % i, numpy.repeat(255 * a[..., None], 3, 2))
    a[:h // 4][a[:h // 4] == 0] = 255
    png("%d-classes.png" % i, a, palette=True)
    print(json.dumps({"key": "k%d" % i, "path": "%d.png" % i, "boxes": [], "classes": [], "ignore": [], "names": ["x"],
                      "segmentation": {"path": "%d-classes.png" % i, "names": ["black", "white"]}}))
E
rl-decode manifest >images.tar
payload() { rl-info --check | jq -r .xxh3_64; }

# Where nothing but resizing has touched the colours, they tell the class: between two pixels the nearer one has half of
# the weight, in a corner a quarter, and no rectangle is as small as a resize's filter.
matches() { # NAME OPERATION...
	rl-augment --seed 3 "${@:2}" <images.tar >out.tar
	/usr/bin/python3 - <<-'E' 2>stderr
	import io, tarfile, numpy
	fields = {}
	for m in (tar := tarfile.open("out.tar")):
	    if m.name.endswith(".npy"):
	        key, field, _ = m.name.rsplit(".", 2)
	        fields.setdefault(key, {})[field] = numpy.load(io.BytesIO(tar.extractfile(m).read()))
	assert len(fields) == 16
	drift = []
	for f in fields.values():
	    image, plane = f["image"][..., 0] / 255, f["segmentation"]
	    assert plane.shape == image.shape and plane.dtype == "u1"
	    known = plane != 255
	    assert set(numpy.unique(plane)) <= {0, 1, 255}
	    assert (abs(image - plane)[known] <= 0.76).all()
	    assert (image[~known] <= 0.76).all()
	    drift.append((image - (plane == 1)).mean())
	assert any(1 in f["segmentation"] for f in fields.values()) and abs(numpy.mean(drift)) < 0.01, drift
	E
	ok $? "$1"
}
matches "classes match their image: larger or smaller" ratio-resize=160x120,0.5,2
matches "smaller alone" ratio-resize=96x48,0.7,1
matches "cut" class-crop=40x30
matches "mirrored" flip
matches "all of it" ratio-resize=160x120,0.5,2 class-crop=64 flip
matches "in another order" flip=1 class-crop=50 ratio-resize=160x120,1,2 flip class-crop=40,0.5

recipe="ratio-resize=160x120,0.5,2 class-crop=64x48 flip photometric"
view() { rl-info --head | jq -c '[.history[].view]'; }
rl-augment --seed 5 $recipe <images.tar >out.tar
is "$(view <out.tar)" "[\"\",\"$recipe\"]" "the history says what was done"
is "$(rl-augment ratio-resize=16x16,0.50,2 class-crop=9x9,0.75 class-crop=9,0.8 <images.tar | view)" \
	'["","ratio-resize=16,0.5,2 class-crop=9 class-crop=9,0.8"]' "in one spelling"
is "$(rl-decode --seed 5 --augment "$recipe" manifest | payload)" "$(payload <out.tar)" "rl-decode --augment makes the same samples"
is "$(rl-decode --seed 5 --augment "$recipe" manifest | view)" "[\"$recipe\"]" "and says so"
is "$(rl-augment --seed 5 --threads 1 $recipe <images.tar | payload)" "$(payload <out.tar)" "whatever the threads"
is "$(rl-info out.tar | jq -c '.fields | .image.shape[:2] == .segmentation.shape and .image.shape[0] <= 48 and .image.shape[1] <= 64' | sort -u)" true \
	"crops are at most so large"
is "$(rl-info --head out.tar | jq -c '.fields.segmentation | [.shape, .names]')" '[["H","W"],["black","white"]]' "and may be smaller, says the head"
shape() { rl-augment "$@" <images.tar | rl-info --head | jq -c '.fields | [.image.shape, .segmentation.shape]'; }
is "$(shape squash=70x40 class-crop=50)" '[[40,50,3],[40,50]]' "where images have one size, so have crops"
is "$(shape squash=70x40 ratio-resize=20,1,1)" '[["H","W",3],["H","W"]]' "but none of them once a ratio is drawn"

# ---- what is wrong ------------------------------------------------------------------------------
jq -c 'del(.segmentation)' manifest | rl-decode >plain.tar
fails 1 "no field segmentation, which class-crop looks at" "no classes to look at" rl-augment class-crop=32 <plain.tar
fails 1 "no field segmentation, which class-crop looks at" "nor in the decoder" \
	sh -c "jq -c 'del(.segmentation)' manifest | rl-decode --augment class-crop=32"
rl-augment ratio-resize=40,1,1 <plain.tar | rl-info --check >/dev/null
ok $? "a ratio needs none"
make-annotated 3 planes >planes.tar
fails 1 "sample a0: the field segmentation has another size than the image" "classes of another image" rl-augment class-crop=8 <planes.tar
fails 2 "ratio-resize: needs a size: ratio-resize=N or WxH" "no size" rl-augment ratio-resize <images.tar
fails 2 "ratio-resize=32: needs 2 values" "no ratios" rl-augment ratio-resize=32 <images.tar
fails 2 "ratio-resize=32x32,1: needs 2 values" "one ratio" rl-augment ratio-resize=32x32,1 <images.tar
fails 2 "ratio-resize: 2 to 0.5: the lower limit comes first" "ratios in the wrong order" rl-augment ratio-resize=32,2,0.5 <images.tar
fails 2 "ratio-resize: 0: must be 0.01 to 100" "a ratio of nothing" rl-augment ratio-resize=32,0,1 <images.tar
fails 1 "sample k0: 0 x 0 pixels" "an image of which nothing would be left" rl-augment ratio-resize=16x1,0.01,0.5 <images.tar
fails 2 "class-crop: needs a size: class-crop=N or WxH" "a crop of no size" rl-augment class-crop <images.tar
fails 2 "class-crop: 1.5: must be 0 to 1" "more than all" rl-augment class-crop=32,1.5 <images.tar
fails 2 "class-crop=32,0.5,1: too many values" "too many values" rl-augment class-crop=32,0.5,1 <images.tar
done_testing
