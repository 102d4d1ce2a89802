# rl-miou: the reference's label maps in every form that they come in, and what is refused.
. "$(dirname "$0")/tap.sh"
export PYTHONPATH=$top/tests/filters
golden=$top/tests/golden/miou

# The reference's images: both maps in one stream, each in one of its own, and in files.
/usr/bin/python3 - "$golden" <<'END'
import json, os, sys, numpy as np
png = __import__("label-files").png
from tensorstream import write
for case, n in ("voc21", 21), ("absent", 21), ("city19", 19), ("cityscapes", 19):
    of = lambda name: np.load(f"{sys.argv[1]}/{case}.{name}.npy")
    gt, pred, sizes = of("gt"), of("pred"), of("sizes")
    ends = np.cumsum(sizes.prod(1))[:-1]
    os.makedirs(f"{case}.png/val")
    os.makedirs(f"{case}.truth")
    with open(f"{case}.jsonl", "w") as list:
        for i, (g, p, size) in enumerate(zip(np.split(gt, ends), np.split(pred, ends), sizes)):
            png(f"{case}.truth/{i:02}.png", g.reshape(size))
            png(f"{case}.png/val/{i:02}.png" if i else f"{case}.png/00.png", p.reshape(size), palette=i == 2, bits=16 if i == 1 else 8)
            said = {"path": f"{case}.truth/{i:02}.png", "names": [f"c{k}" for k in range(n)]}
            if case == "cityscapes":
                said["relabel"] = of("relabel").tolist()
            print(json.dumps({"key": f"val/{i:02}", "path": "x.jpg", "segmentation": said}), file=list)
    if case == "cityscapes":
        gt, pred = of("relabel")[gt], of("relabel")[pred]
    samples = [(f"val/{i:02}", {"segmentation": g.reshape(size), "prediction": p.reshape(size)})
               for i, (g, p, size) in enumerate(zip(np.split(gt, ends), np.split(pred, ends), sizes))]
    field = {"dtype": "u1", "shape": ["H", "W"], "names": [f"c{k}" for k in range(n)]}
    by = [{"tool": "rl-segment", "args": ["predict"], "inputs": [{"path": "w", "sha256": "f" * 64}]}]
    write(f"{case}.tar", {"segmentation": field, "prediction": field}, samples, by)
    write(f"{case}.gt.tar", {"segmentation": field}, samples)
    write(f"{case}.found.tar", {"prediction": field}, samples, by)
END

# same CASE RESULT NAME: all that the reference knows of it, to the digits that are printed.
same() {
	/usr/bin/python3 - "$golden/$1" "$2" <<'END' 2>stderr
import json, os, sys, numpy as np
r = json.load(open(sys.argv[2]))
of = lambda name: np.load(f"{sys.argv[1]}.{name}.npy")
array = lambda o: np.array([np.nan if v is None else v for v in o.values()], float)
close = lambda a, b: np.allclose(a, 100 * b, rtol=1e-9, atol=0, equal_nan=True)
assert close(array(r["per_class"]["IoU"]), of("iou"))
assert list(r["per_class"]["IoU"]) == [f"c{k}" for k in range(len(of("iou")))]
if os.path.exists(sys.argv[1] + ".acc.npy"):
    assert close(array(r["per_class"]["accuracy"]), of("acc"))
assert close(array(r["metrics"])[:len(of("means"))], of("means")), r["metrics"]
hist = np.array(r["confusion"])
assert np.array_equal(hist[:, :-1], of("hist")) and not hist[:, -1].any() and hist.sum() == r["pixels"]
END
	ok $? "$3"
}
for case in voc21 absent city19 cityscapes; do
	rl-miou --confusion <$case.tar >$case.json
	same $case $case.json "$case: the reference's numbers, from one stream"
	relabel=$([ $case = cityscapes ] && echo --relabel)
	rl-miou --confusion --gt $case.jsonl $relabel $case.png >files.json 2>stderr
	same $case files.json "$case: from PNG files, grey of 8 and 16 bits and palette, in folders or not"
done
rl-miou --confusion --gt cityscapes.jsonl cityscapes.found.tar >mixed.json
same cityscapes mixed.json "truth in files, predictions in a stream"
rl-miou --confusion --gt voc21.gt.tar voc21.png >mixed.json
same voc21 mixed.json "the other way round"
rl-miou --confusion --gt <(cat voc21.jsonl) voc21.found.tar >mixed.json
same voc21 mixed.json "a manifest from a pipe"
rl-miou --confusion --gt - <absent.jsonl absent.png/ >mixed.json
same absent mixed.json "and from standard input"
is "$(jq -c '.provenance | [.gt.path, .gt.sha256, .gt.maps.files, .gt.maps.sha256, .predictions]' files.json)" \
	"$(jq -nc --arg gt "$(sha256sum <cityscapes.jsonl | cut -c1-64)" --arg maps "$(cd cityscapes.truth && sha256sum ??.png | sha256sum | cut -c1-64)" \
		--arg found "$(cd cityscapes.png && { sha256sum 00.png; cd val && sha256sum ??.png; } | sha256sum | cut -c1-64)" \
		'["cityscapes.jsonl", $gt, 3, $maps, {files: 3, sha256: $found, path: "cityscapes.png"}]')" "files are known by their hashes"
rl-miou --confusion --gt voc21.gt.tar voc21.found.tar >two.json
same voc21 two.json "truth in a stream of its own"
rl-miou --confusion --gt - voc21.found.tar <voc21.gt.tar >two.json
same voc21 two.json "from standard input"
rl-miou --confusion voc21.tar >file.json
same voc21 file.json "one stream, in a file"
rl-cat --slice 0:2 voc21.tar >a.tar
rl-cat --slice 2:6 voc21.tar | cat a.tar - | rl-miou --confusion >joined.json
same voc21 joined.json "a stream in two segments"
is "$(rl-miou --name "a row" <absent.tar | jq -c '[.benchmark, .name, has("confusion"), (.metrics | keys_unsorted), .setup.data,
	(.per_class.IoU | map(select(. == null)) | length), .provenance.predictions.samples, .provenance.command.tool]')" \
	'["segmentation","a row",false,["mIoU","mAcc","aAcc"],{"test_images":6,"classes":21},1,6,"rl-miou"]' "one line that says what it is"
is "$(jq -c '.provenance | [.gt.path, .gt.samples, .predictions.path, (.predictions.digest | length), .predictions.history[0].tool]' two.json)" \
	'["stdin",6,"voc21.found.tar",16,"rl-segment"]' "made from what"

# ---- the page's tables ----------------------------------------------------------------------------
for case in voc12aug:voc21 cityscapes:city19; do
	jq -c --arg b "${case%:*}-segmentation" '.benchmark = $b | .name = "ours"' "${case#*:}.json"
done >results
rl-report --markdown --published "$top/pipelines/published.json" results >page.md
is "$(grep -A 8 '^#### Pascal VOC 2012 + Aug' page.md | sed -n 's/^| \(ours\|Relative location, MMSelfSup\)[^|]*| \([0-9.]*\).*/\2/p' | xargs)" \
	"$(jq .metrics.mIoU voc21.json | xargs printf %.2f) 63.49" "rl-report puts it beside the published number"
is "$(grep -A 8 '^#### Cityscapes' page.md | sed -n 's/^| ours[^|]*| \([0-9.]*\).*/\1/p')" "$(jq .metrics.mIoU city19.json | xargs printf %.2f)" \
	"and the other in its own table"

# ---- rules ----------------------------------------------------------------------------------------
# maps NAME CHANGE...: of each pair a stream NAME.tar of two images, a/x of 2 x 3 pixels and b of 1 x 1, after the change
# to what it likes of `truth`, `found` (the declarations), `x`, `b` (arrays by field), `keys`, `by` (the history).
maps() {
	/usr/bin/python3 - "$@" <<-'END'
		import sys, numpy as np
		from tensorstream import write
		u1 = lambda *rows: np.array(rows, "u1")
		for name, change in zip(sys.argv[1::2], sys.argv[2::2]):
		    truth, found = ({"dtype": "u1", "shape": ["H", "W"], "names": ["sky", "cat", "dog"]} for _ in range(2))
		    x = {"segmentation": u1([0, 0, 0], [1, 255, 255]), "prediction": u1([0, 1, 255], [1, 0, 255])}
		    b = {"segmentation": u1([1]), "prediction": u1([2])}
		    keys, by = ["a/x", "b"], []
		    exec(change)
		    fields = {"segmentation": truth, "prediction": found}
		    write(name + ".tar", {f: d for f, d in fields.items() if d}, list(zip(keys, [x, b])), by)
	END
}
# refuse COMMAND CHANGE TEXT NAME...: the command, with a stream with the change as its last operand, must fail so.
refuse() {
	command=$1
	shift
	changes=() cases=0
	for ((at = 1; at <= $#; at += 3)); do
		changes+=("bad$((cases++))/bad" "${!at}")
		mkdir -p "bad$((cases - 1))"
	done
	maps "${changes[@]}"
	for ((at = 0; at < cases; at++)); do
		cd "bad$at" && fails 1 "$2" "$3" $command bad.tar
		cd .. && shift 3
	done
}
maps rules ''
rl-miou --confusion <rules.tar >rules.json
is "$(jq -c '[.confusion, .pixels, (.per_class.IoU[] * 30 | round), .per_class.accuracy.dog, (.metrics.aAcc * 10 | round)]' rules.json)" \
	'[[[1,1,0,1],[0,1,1,0],[0,0,0,0]],5,1000,1000,0,null,400]' \
	"a pixel without truth does not count; a prediction of no class is wrong, and no other class's"

# ---- weights --------------------------------------------------------------------------------------
/usr/bin/python3 - <<'END'
import json
for name, metadata in (("w", {"setup": '{"training":{"model":"fcn"},"data":{"train_images":7}}'}), ("mute", {"a": "b"}), ("odd", {"setup": "[]"})):
    head = json.dumps({"__metadata__": metadata, "x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    head += b" " * (-len(head) % 8)
    open(name, "wb").write(len(head).to_bytes(8, "little") + head + bytes(4))
END
sha=$(sha256sum <w | cut -d' ' -f1)
maps made 'by = [{"tool": "rl-decode", "args": [], "view": "resize=8"},
	{"tool": "rl-segment", "args": [], "inputs": [{"path": "w", "sha256": "'$sha'"}]}]'
is "$(rl-miou --weights w <made.tar | jq -c '[.setup, .provenance.command.inputs[0].sha256 == "'$sha'"]')" \
	'[{"training":{"model":"fcn"},"data":{"train_images":7,"test_images":2,"classes":3},"views":{"test":"resize=8"}},true]' \
	"--weights says what the network is made of"
is "$(rl-miou --weights w <rules.tar | jq -c .setup.training)" '{"model":"fcn"}' "also of predictions that do not say of which they are"
fails 1 "other: the predictions are of other weights" "weights that did not predict" sh -c 'cp odd other; rl-miou --weights other <made.tar'
fails 1 'mute: no member "setup"' "weights that say nothing" rl-miou --weights mute <rules.tar
fails 1 "odd: its setup is not an object" "weights that say something else" rl-miou --weights odd <rules.tar
fails 1 "none: " "weights that are not there" rl-miou --weights none <rules.tar

# ---- what is refused ------------------------------------------------------------------------------
refuse rl-miou \
	'truth = None' "bad.tar: no field segmentation" "no truth" \
	'found = None' "bad.tar: no field prediction" "no predictions" \
	'del truth["names"]' 'bad.tar: head: field segmentation: no "names" of its classes' "truth without names" \
	'del found["names"]' 'bad.tar: head: field prediction: no "names" of its classes' "predictions without names" \
	'truth["names"] = ["c%d" % i for i in range(256)]' "bad.tar: head: field segmentation: more than 255 classes" "too many classes" \
	'truth["names"] = ["sky", "cat", "cat"]' "bad.tar: two classes are called cat" "two classes of one name" \
	'found["names"] = ["sky", "dog", "cat"]' "bad.tar: class 1 of prediction is dog, but in bad.tar class 1 of segmentation is cat" "other names" \
	'found["names"] = ["sky", "cat"]' "bad.tar: prediction is of 2 classes, but in bad.tar segmentation is of 3" "fewer classes" \
	'x["segmentation"][1, 2] = 3' "bad.tar: a/x: segmentation: the pixel at 2, 1 is of class 3, but there are 3" "a truth that is no class" \
	'x["prediction"][1, 2] = 254' "bad.tar: a/x: prediction: the pixel at 2, 1 is of class 254, but there are 3" "a prediction that is no class" \
	'x["prediction"] = u1([0, 0], [1, 1])' "bad.tar: a/x: the prediction is of 2 x 2 pixels, the truth of 3 x 2" "another size" \
	'x["prediction"] = x["prediction"].T' "bad.tar: a/x: the prediction is of 2 x 3 pixels, the truth of 3 x 2" "a size on its side" \
	'truth["dtype"] = "i4"; x["segmentation"] = x["segmentation"].astype("i4"); b["segmentation"] = b["segmentation"].astype("i4")' "sample a/x: field segmentation is i4" "classes of another type" \
	'keys = []' "bad.tar: no images" "no images" \
	'x["segmentation"][:] = 255; b["segmentation"][:] = 255' "bad.tar: no pixel has a class" "nothing to compare with"
head -c 3000 rules.tar >cut.tar
fails 1 "cut.tar: truncated" "a stream that is cut short" rl-miou cut.tar
maps gt 'found = None'
refuse 'rl-miou --gt ../gt.tar' \
	'truth = None; keys = ["a/x"]' "bad.tar: ends without a prediction of b" "a prediction too few" \
	'truth = None; keys = ["a/x", "c"]' "bad.tar: c: the next image of ../gt.tar is b" "another image" \
	'truth = None; keys = ["b", "a/x"]' "bad.tar: b: the next image of ../gt.tar is a/x" "another order" \
	'truth = None; b["prediction"] = u1([0, 0])' "bad.tar: b: the prediction is of 2 x 1 pixels, the truth of 1 x 1" "another size than the truth's"
maps gt 'found = None; keys = ["a/x"]' found 'truth = None'
fails 1 "found.tar: b: gt.tar has no such image" "a prediction too many" rl-miou --gt gt.tar found.tar

# Files.
/usr/bin/python3 - <<'END'
import numpy as np
png = __import__("label-files").png
png("small.png", np.zeros((3, 2)))
png("high.png", np.full((25, 31), 300), bits=16)
png("colour.png", np.zeros((25, 31, 3)))
END
# An image a.b.jpg has the key a%2Eb.
mkdir named
cp voc21.png/00.png "named/a.b.png"
head -1 voc21.jsonl | jq -c '.key = "val/a%2Eb"' >named.jsonl
rl-miou --gt named.jsonl named >named.json 2>stderr
ok $? "a file is called as the image's is"
mv "named/a.b.png" "named/a%2Eb.png"
is "$(rl-miou --gt named.jsonl named | jq -c .metrics)" "$(jq -c .metrics named.json)" "or as its key, as rl-segment calls it"
files() { # FILE TEXT NAME [OPTION...]: the file in place of the first prediction, or removed without one
	rm -rf bad && cp -r voc21.png bad && rm bad/00.png
	[ -z "$1" ] || cp "$1" bad/00.png
	fails 1 "$2" "$3" rl-miou --gt "${4-voc21.jsonl}" bad
}
files "" "bad: no PNG file of val/00" "an image without a file"
files small.png "bad: val/00: the prediction is of 2 x 3 pixels, the truth of 31 x 25" "a file of another size"
files high.png "bad/00.png: the pixel at 0, 0 has the value 300, which is no class" "values of more than 8 bits"
files cityscapes.png/00.png "the value" "labels numbered in another way" cityscapes.jsonl
files colour.png "bad/00.png: PNG of colours" "colours"
files rules.tar "bad/00.png: not a PNG file" "a file that is no PNG"
head -c 20 small.png >cut.png
files cut.png "bad/00.png: PNG without a head" "a file without its head"
head -c 60 voc21.png/00.png >cut.png
files cut.png "bad/00.png: PNG:" "a file that is cut short"
rm -rf bad && cp -r voc21.png bad && cp small.png bad/more.png
fails 1 "bad/more.png: voc21.jsonl has no such image" "a file too many" rl-miou --gt voc21.jsonl bad
mv bad/more.png bad/01.png
fails 1 "of an image of the same name" "two files of one name" rl-miou --gt voc21.jsonl bad
mkdir empty
fails 1 "empty: no PNG file in it" "an empty folder" rl-miou --gt voc21.jsonl empty
fails 1 "voc21.png: a folder has no truth: name it with --gt" "a folder alone" rl-miou voc21.png
{ cat voc21.jsonl; jq -c '.key = "other/00"' voc21.jsonl | head -1; } >twice.jsonl
fails 1 "voc21.png/00.png: the truth has two images called 00" "two images of one name" rl-miou --gt twice.jsonl voc21.png
fails 1 "voc21.found.tar: not a folder: --relabel is for files" "a stream, relabelled" rl-miou --gt cityscapes.jsonl --relabel voc21.found.tar
fails 1 'voc21.jsonl: no "relabel" in it' "no relabel" rl-miou --gt voc21.jsonl --relabel voc21.png
bad_gt() { # JQ TEXT NAME: the first line of the truth with a fault
	jq -c "if input_line_number == 1 then $1 else . end" voc21.jsonl >bad.jsonl
	fails 1 "$2" "$3" rl-miou --gt bad.jsonl voc21.found.tar
}
bad_gt 'del(.segmentation)' 'bad.jsonl:1: no "segmentation": list the truth with rl-list voc12aug' "a manifest without classes"
bad_gt '.segmentation.path = "none.png"' "none.png: open: No such file" "truth that is not there"
bad_gt '.segmentation.path = "small.png"' "val/00: the prediction is of 31 x 25 pixels, the truth of 2 x 3" "truth of another size"
bad_gt '.segmentation.path = "high.png"' "high.png: the pixel at 0, 0 has the value 300, which is no class" "truth of no class"
bad_gt '.segmentation.path = "rules.tar"' "rules.tar: " "truth that is no map"
jq -c '.segmentation.names[0] = "sky"' voc21.jsonl >names.jsonl
fails 1 "class 0 of prediction is c0, but in names.jsonl class 0 of segmentation is sky" "another name" rl-miou --gt names.jsonl voc21.found.tar
bad_gt '.key = "val/7"' "voc21.found.tar: val/00: the next image of bad.jsonl is val/7" "another key"
: >none.jsonl
fails 1 "none.jsonl: no image is listed" "an empty manifest" rl-miou --gt none.jsonl voc21.png

fails 1 "gt.tar: no field prediction" "truth for predictions" rl-miou gt.tar
fails 1 "none.tar: open" "no such file" rl-miou none.tar
fails 1 "none.tar: open" "no such truth" rl-miou --gt none.tar found.tar
fails 1 "stdout: write" "a full disk" sh -c 'rl-miou <rules.tar >/dev/full'
fails 2 "more than one operand" "two streams" rl-miou rules.tar rules.tar
fails 2 "standard input can be but one of the two" "both from standard input" rl-miou --gt - <rules.tar
done_testing
