# rl-coco-eval: the reference's set of images in every form that detections come in, and what is refused.
. "$(dirname "$0")/tap.sh"
golden=$top/tests/golden/coco
cp "$golden/truth.json" "$golden/found.bbox.json" "$golden/found.segm.json" .
eval_of() { rl-coco-eval --gt truth.json "$@"; }

# near WANTED.npy WHAT RESULT NAME: the 12 numbers, to 1e-6 of a percent.
near() {
	/usr/bin/python3 - "$golden/$1" "$2" "$3" 2>stderr <<'END'
import json, sys, numpy as np
want, metrics = 100 * np.load(sys.argv[1]), json.load(open(sys.argv[3]))["metrics"]
names = "AP AP50 AP75 APs APm APl AR1 AR10 AR100 ARs ARm ARl".split()
got = np.array([metrics[sys.argv[2] + " " + n] for n in names])
sys.exit(0 if len(metrics) % 12 == 0 and abs(got - want).max() < 1e-6 else f"{got} is not {want}")
END
	ok $? "$4"
}

eval_of --name "a row" found.bbox.json >box.json 2>stderr
ok $? "rl-coco-eval of boxes"
near stats.bbox.npy box box.json "the 12 numbers of boxes"
is "$(wc -l <box.json) $(jq -c '[.benchmark, .name, (.metrics | length), (.per_class | keys), (.per_class["box AP"] | keys | length)]' box.json)" \
	'1 ["coco-detection","a row",12,["box AP"],6]' "one line of JSON that says what it is"
is "$(jq -r '.provenance | .gt.sha256, .gt.path, .detections.sha256' box.json | paste -sd' ')" \
	"$(sha256sum <truth.json | cut -d' ' -f1) truth.json $(sha256sum <found.bbox.json | cut -d' ' -f1)" "made from what"
jq -e '[.per_class["box AP"][]] | .[5] == null and (.[:5] | add / 5 - 43.22292315 | fabs < 1e-6)' box.json >/dev/null
ok $? "the AP of classes that have objects have the AP as their mean"
eval_of found.segm.json >mask.json
near stats.segm.npy mask mask.json "the 12 numbers of masks"
for threads in 1 3; do
	is "$(eval_of --threads $threads found.segm.json | jq -c .metrics)" "$(jq -c .metrics mask.json)" "the same with $threads threads"
done
is "$(rl-report --markdown box.json mask.json | grep '^| ' | sed -n 2,3p | grep -oE '[0-9.]+' | xargs)" \
	"$(jq -rs 'map(.metrics) | add | [("box", "mask") as $what | ("AP", "AP50", "AP75") as $ap | .["\($what) \($ap)"]][]' box.json mask.json | xargs printf '%.1f ' | xargs)" \
	"rl-report puts them in the page's columns"

jq -s -c '[.[0], .[1]] | transpose | map(.[0] + .[1])' found.bbox.json found.segm.json >both.json
rl-coco-eval --gt truth.json <both.json >both
near stats.bbox.npy box both "boxes and masks from one file, from standard input: boxes"
near stats.segm.npy mask both "and masks, whose area is their own"

# Lines of predictions, one for every image, in another order.
jq -c --slurpfile truth truth.json '($truth[0].categories | map({key: "\(.id)", value: .name}) | from_entries) as $name
	| (group_by(.image_id) | map({key: "\(.[0].image_id)", value: .}) | from_entries) as $found
	| $truth[0].images | reverse[] | {key: ("val/" + (.file_name | rtrimstr(".jpg"))), height, width,
		detections: [$found["\(.id)"][]? | {class: $name["\(.category_id)"], score,
			box: (.bbox | [.[0], .[1], .[0] + .[2], .[1] + .[3]]), mask: .segmentation}]}' both.json >lines
rl-coco-eval --gt truth.json <lines >from-lines
near stats.bbox.npy box from-lines "lines of predictions: boxes"
near stats.segm.npy mask from-lines "and masks"
jq -c 'del(.height, .width) | .detections |= map(del(.mask))' lines | eval_of - >few
near stats.bbox.npy box few "with no more than they need"
is "$(jq '.metrics | length' few)" 12 "no masks, no numbers of masks"
for form in bbox segm; do
	rl-coco-eval --gt "$golden/rules.truth.json" "$golden/rules.found.$form.json" >rules.json
	near rules.stats.$form.npy $([ $form = bbox ] && echo box || echo mask) rules.json "a set where every rule counts: $form"
done

# What is there, found: polygons as masks, and no number where nothing was to be found.
rl-synth --out world --layout coco --images 6 --val 1 --size 96x96 --seed 3 --quiet
instances=world/annotations/instances_train2017.json
jq -c '[.annotations[] | select(.iscrowd == 0) | {image_id, category_id, bbox, segmentation, score: 0.5}]' $instances >found
rl-coco-eval --gt $instances found >perfect.json
is "$(jq -c '.metrics | [.["box AP"], .["mask AP"], .["box AR100"], .["mask AP75"]]' perfect.json)" "[100,100,100,100]" "everything found is 100"
jq -e '(.metrics | has("box APl") | not) and (.per_class["box AP"] | map(select(. == null)) | length) > 0' perfect.json >/dev/null
ok $? "what was not to be found has no number"
is "$(echo '[]' | rl-coco-eval --gt $instances | jq -c '.metrics | [.["box AP"], length]')" "[0,10]" "nothing found is 0"

# ---- what is refused ----------------------------------------------------------------------------
fails 2 "--gt is needed" "no ground truth" rl-coco-eval found.bbox.json
fails 2 "more than one file" "two files" eval_of found.bbox.json found.segm.json
fails 2 "--threads: 0: must be" "no threads" eval_of --threads 0 found.bbox.json
fails 1 "missing.json: open" "no such file" eval_of missing.json
fails 1 "missing.json: open" "no such ground truth" rl-coco-eval --gt missing.json found.bbox.json
fails 1 "stdin: empty" "nothing" eval_of </dev/null
fails 1 "truth.csv: neither an array of results nor lines of predictions" "neither" sh -c 'echo 1,2 >truth.csv; rl-coco-eval --gt truth.json truth.csv'
fails 1 "stdout: write" "a full disk" sh -c 'rl-coco-eval --gt truth.json found.bbox.json >/dev/full'
fails 1 "found.bbox.json: not JSON: '{' expected" "ground truth that is none" rl-coco-eval --gt found.bbox.json found.bbox.json

bad() { # JQ TEXT NAME: results with a fault, in both.json, must say so
	jq -c "$1" both.json >bad.json
	fails 1 "bad.json: [3]$2" "$3" eval_of bad.json
}
bad '.[3].image_id = 999' ": the ground truth has no image 999" "an unknown image"
bad '.[3].category_id = 77' ": the ground truth has no category 77" "an unknown category"
bad '.[3].category_id = 1.5' ': "category_id" is not a whole number' "a category that is no number"
bad 'del(.[3].image_id)' ': no member "image_id"' "no image"
bad 'del(.[3].score)' ': no member "score"' "no score"
bad '.[3].score = "high"' ': "score" is not a number' "a score that is no number"
bad '.[3].bbox[2] = -1' ": the box is of -1 x" "a negative width"
bad '.[3].bbox = [1,2,3]' ': "bbox" is not four numbers' "three numbers"
bad '.[3].bbox[1] = "x"' ': "bbox" is not four numbers' "a number that is none"
bad '.[3].bbox[0] = 1e300' ': "bbox" has 1e+300 in it' "a box out of this world"
bad 'del(.[3].bbox)' ": the detection has no box, unlike those before" "a box that is missing"
bad 'del(.[3].segmentation)' ": the detection has no mask, unlike those before" "a mask that is missing"
bad 'del(.[3].bbox, .[3].segmentation)' ': neither "bbox" nor "segmentation"' "neither box nor mask"
bad '.[3] = 3' ': no member "image_id"' "a result that is no object"
bad '.[3].segmentation.size[0] += 1' ": the mask has runs of another number of pixels than its size" "run lengths of another size"
bad '.[3].segmentation = {size: [3, 5], counts: [7, 8]}' ": the mask has another size than its image" "a mask of another size than its image"
bad '.[3].segmentation.counts += "1"' ": the mask has runs of another number of pixels than its size" "a run too many"
bad '.[3].segmentation.counts = "~"' ": the mask is neither polygons nor run lengths" "run lengths that are none"
bad '.[3].segmentation.counts = [-1]' ": the mask is neither polygons nor run lengths" "a negative run"
bad '.[3].segmentation = [[1,2,3,4]]' ": the mask has a polygon that is not three or more pairs of numbers" "a polygon of two corners"
bad '.[3].segmentation = [[1,2,3,4,1e9,6]]' ": the mask has a corner too far away" "a corner too far away"
raw() { # SED TEXT NAME: the same in text
	jq -c '.[]' found.bbox.json | paste -sd, | sed "s/^/[/; s/\$/]/; $1" >bad.json
	fails 1 "bad.json: $2" "$3" eval_of bad.json
}
raw 's/"score":[0-9.]*/"score":NaN/3' "[2]: not JSON: " "a score that is NaN"
raw 's/"score":[0-9.]*/"score":1e999/3' "[2]: not JSON: " "a score that is infinite"
raw 's/"score":/"score":1,"score":/3' "[2]: not JSON: duplicate" "two scores"
raw 's/]$/],[]/' "not JSON: something follows the array" "two arrays"
raw 's/]$//' "not JSON: ']' expected" "an array without its end"
survived=0
for cut in $(seq 1 997 34000); do
	head -c $cut found.bbox.json >cut.json
	eval_of cut.json >stdout 2>stderr
	[ $? -eq 1 ] && [ ! -s stdout ] && [ "$(wc -l <stderr)" -eq 1 ] && grep -q 'cut.json: ' stderr || survived=$((survived + 1))
done
is $survived 0 "results cut short anywhere"

bad_line() { # JQ TEXT NAME: line 2 of the predictions with a fault
	jq -c "if input_line_number == 2 then $1 else . end" lines >bad
	fails 1 "bad:2: $2" "$3" eval_of bad
}
bad_line '.key = "val/other"' "the ground truth has no image other" "a line of an unknown image"
bad_line '.height += 1' "\"height\" is 232, but the image's is 231" "a line of another height"
bad_line 'del(.key)' 'no member "key"' "a line without a key"
bad_line 'del(.detections)' 'no member "detections"' "a line without detections"
bad_line '.detections = {}' '"detections" is not an array' "detections that are none"
bad_line '.detections[1].class = "unicorn"' "detections[1]: the ground truth has no class unicorn" "an unknown class"
bad_line '.detections[1].box[2] = -9' "detections[1]: the box is inside out" "a box inside out"
bad_line 'del(.detections[1].box)' 'detections[1]: no member "box"' "a detection without a box"
bad_line 'del(.detections[1].mask)' "detections[1]: the detection has no mask, unlike those before" "a detection without a mask"
bad_line '.detections[1].mask.size = [1, 1]' "detections[1]: the mask has runs of another number" "a mask of another size"
head -2 lines | cat lines - >bad
fails 1 "bad:31: image 29 again" "an image twice" eval_of bad
head -27 lines >bad
fails 1 "bad: no line for image 0 (3 of 30 images are missing)" "lines that are cut short" eval_of bad
head -c -9 lines >bad
fails 1 "bad:30: not JSON" "a line that is cut short" eval_of bad

jq -c 'del(.annotations[0].segmentation)' truth.json >bare.json
fails 1 "bare.json: annotation 1 has no mask" "ground truth without a mask" rl-coco-eval --gt bare.json found.segm.json
rl-coco-eval --gt bare.json found.bbox.json >bare && near stats.bbox.npy box bare "boxes need none"
for none in 'map(.iscrowd = 1)' '[]'; do
	jq -c ".annotations |= $none" truth.json >none.json
	fails 1 "none.json: no object that is not a crowd: there is nothing to find" "annotations |= $none" \
		rl-coco-eval --gt none.json found.bbox.json
done
jq -c '.images[1].file_name = "sub/0.jpg"' truth.json >twice.json
fails 1 "twice.json: two images are called 0" "two images of one name" rl-coco-eval --gt twice.json lines
rl-coco-eval --gt twice.json found.bbox.json >twice && near stats.bbox.npy box twice "results that number them may have it so"
done_testing
