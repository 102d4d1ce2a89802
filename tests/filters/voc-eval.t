# rl-voc-eval: the reference's boxes in every form that detections come in, and what is refused.
. "$(dirname "$0")/tap.sh"

# The same truth and detections as a manifest, lines of predictions and VOC's files.
/usr/bin/python3 - "$top/tests/golden/voc_eval" <<'END'
import json, sys, numpy as np
gt, dt = np.load(sys.argv[1] + "/gt.npy"), np.load(sys.argv[1] + "/dt.npy")
names = ["cat", "dog", "wild_dog"]
with open("gt.jsonl", "w") as truth, open("lines", "w") as lines:
    for i in range(int(max(gt[:, 0].max(), dt[:, 0].max())) + 1):
        g, d, key = gt[gt[:, 0] == i], dt[dt[:, 0] == i], f"VOC2007/{i:06d}"
        print(json.dumps({"key": key, "path": "x.jpg", "height": 500, "width": 500, "boxes": (g[:, 3:] - 1).tolist(),
                          "classes": g[:, 1].tolist(), "ignore": g[:, 2].tolist(), "names": names}), file=truth)
        print(json.dumps({"key": key, "height": 500, "width": 500, "detections": [
            {"class": names[int(r[1])], "score": r[2], "box": [round(x - 1, 1) for x in r[3:]]} for r in d]}), file=lines)
for c, name in enumerate(names):
    with open(f"comp4_det_test_{name}.txt", "w") as f:
        f.write("\n".join(f"{int(r[0]):06d} {r[2]:.6f} {r[3]} {r[4]} {r[5]} {r[6]}" for r in dt[dt[:, 1] == c]))
END
eval_of() { rl-voc-eval --gt gt.jsonl "$@"; }
want='[0.6239044855,0.3598096156,0.3111455291,0.6262433574,0.3692561036,0.3119733530]'
is_right() { # RESULT NAME
	jq -e --argjson want "$want" '.metrics | [.["AP50 11-point"], .["AP75 11-point"], .["AP 11-point"],
		.["AP50 area"], .["AP75 area"], .["AP area"]] as $got
		| [range(6) | ($got[.] / 100 - $want[.] | fabs) < 1e-8] | all' "$1" >/dev/null 2>stderr
	ok $? "$2"
}

eval_of --name "a row" comp4_det_test_*.txt >files.json 2>stderr
ok $? "rl-voc-eval of VOC's files"
is_right files.json "the numbers of the reference"
is "$(wc -l <files.json) $(jq -c '[.benchmark, .name, (.per_class["AP50 11-point"] | map_values(. * 100 | round)), (.per_class | keys)]' files.json)" \
	'1 ["voc-detection","a row",{"cat":4872,"dog":7469,"wild_dog":6376},["AP50 11-point","AP50 area"]]' "one line of JSON that says what it is"
is "$(jq -r '.provenance | .gt.sha256, .detections[2].path, .detections[2].sha256' files.json | paste -sd' ')" \
	"$(sha256sum <gt.jsonl | cut -d' ' -f1) comp4_det_test_wild_dog.txt $(sha256sum <comp4_det_test_wild_dog.txt | cut -d' ' -f1)" "made from what"
eval_of <lines >lines.json
is_right lines.json "lines of predictions, from standard input"
tac lines | jq -c 'del(.height, .width) | .detections |= map(.mask = "whatever") | .key |= sub(".*/"; "other/")' | eval_of - >other.json
is_right other.json "in another order, from another folder, their masks passed over"
rl-voc-eval --gt <(cat gt.jsonl) lines >piped.json
is_right piped.json "a ground truth from a pipe"
for threads in 1 3; do
	is "$(eval_of --threads $threads lines | jq -c .metrics)" "$(jq -c .metrics lines.json)" "the same with $threads threads"
done
rl-report --markdown files.json | grep -q '^| a row | 62.39 |'
ok $? "rl-report takes it"

rl-synth --out world --layout voc --images 12 --size 96x96 --seed 5 --quiet
rl-list voc world --year 2007 --set trainval >world.jsonl
perfect() { jq -c '.names as $n | {key, detections: [.boxes, .classes, .ignore] | transpose | map(select('"$1"') | {class: $n[.[1]], score: 0.5, box: .[0]})}' world.jsonl; }
is "$(perfect true | rl-voc-eval --gt world.jsonl | jq -c '[.metrics[]] | unique')" "[100]" "everything found is 100"
is "$(perfect '.[2] == 0' | rl-voc-eval --gt world.jsonl | jq -c '[.metrics[]] | unique')" "[100]" "without the difficult, too"
is "$(perfect false | rl-voc-eval --gt world.jsonl | jq -c '[.metrics[]] | unique')" "[0]" "nothing found is 0"
: >empty_cat.txt
jq -e '.per_class["AP50 area"].cat == 0 and .per_class["AP50 area"].dog > 70' <(eval_of empty_cat.txt comp4_det_test_dog.txt comp4_det_test_wild_dog.txt) >/dev/null
ok $? "a class of which nothing was found"
jq -c '.names += ["unicorn"]' gt.jsonl >more.jsonl
rl-voc-eval --gt more.jsonl lines >more.json && is_right more.json "a class without objects is not in the mean"
is "$(jq -c '.per_class["AP50 area"].unicorn' more.json)" null "and has no number"

# ---- what is refused ----------------------------------------------------------------------------
fails 2 "--gt is needed" "no ground truth" rl-voc-eval lines
fails 2 "--threads: 0: must be" "no threads" eval_of --threads 0 lines
fails 1 "missing: open" "no such file" eval_of missing
fails 1 "missing: open" "no such ground truth" rl-voc-eval --gt missing lines
fails 1 "stdout: write" "a full disk" sh -c 'rl-voc-eval --gt gt.jsonl lines >/dev/full'
fails 1 "stdin: neither lines of predictions nor a file ..._CLASS.txt" "nothing" eval_of </dev/null
fails 1 "gt: no image is listed" "an empty ground truth" sh -c ': >gt; rl-voc-eval --gt gt lines'
bad_gt() { # JQ TEXT NAME: the first line of the truth with a fault
	jq -c "if input_line_number == 1 then $1 else . end" gt.jsonl >bad.jsonl
	fails 1 "bad.jsonl$2" "$3" rl-voc-eval --gt bad.jsonl lines
}
bad_gt 'del(.boxes)' ':1: no "boxes": list the truth with rl-list voc' "ground truth without boxes"
bad_gt '.key = "000003"' ":4: two images are called 000003" "two images of one name"
bad_gt '.classes[0] = 9' ':1: "classes"' "a class beyond the names"
head -c 600 gt.jsonl >bad.jsonl
fails 1 "bad.jsonl:" "a ground truth that is cut short" rl-voc-eval --gt bad.jsonl lines
jq -c '.ignore |= map(1)' gt.jsonl >hard.jsonl
fails 1 "hard.jsonl: no object that is not difficult" "nothing but difficult objects" rl-voc-eval --gt hard.jsonl lines
jq -c '.names |= [.[0], .[0], .[2]]' gt.jsonl >bad.jsonl
fails 1 "bad.jsonl: two classes are called cat" "two classes of one name" rl-voc-eval --gt bad.jsonl lines

bad() { # SED TEXT NAME: a file with a fault
	mkdir -p bad
	sed "$1" comp4_det_test_dog.txt >bad/comp4_det_test_dog.txt
	fails 1 "bad/comp4_det_test_dog.txt$2" "$3" eval_of comp4_det_test_cat.txt bad/comp4_det_test_dog.txt comp4_det_test_wild_dog.txt
}
bad '3s/^[0-9]*/999999/' ":3: the ground truth has no image 999999" "an unknown image"
bad '3s/ [^ ]*/ nan/' ":3: score nan is not a number" "a score that is NaN"
bad '3s/ [^ ]*/ inf/' ":3: score inf is not a number" "a score that is infinite"
bad '3s/ [^ ]*/ high/' ":3: score high is not a number" "a score that is none"
bad '3s/ [^ ]*$/ 1e300/' ":3: ymax 1e300 is not a number of at most 1e9" "a box out of this world"
bad '3s/ [^ ]*$/ 3x/' ":3: ymax 3x is not a number" "half a number"
bad '3s/ [^ ]*$//' ":3: no ymax: want ID SCORE XMIN YMIN XMAX YMAX" "a line that is cut short"
bad '3s/$/ 7/' ":3: more than ID SCORE XMIN YMIN XMAX YMAX" "a line with more"
bad '3s/ [^ ]*$/ -9/' ":3: the box is inside out" "a box inside out"
bad '3s/ .*/ \x00&/' ":3: not text" "a NUL"
fails 1 "comp4_det_test_cat.txt: there is no file of class dog" "a class without a file" eval_of comp4_det_test_cat.txt comp4_det_test_wild_dog.txt
fails 1 "comp4_det_test_cat.txt: class cat again" "a class twice" eval_of comp4_det_test_*.txt comp4_det_test_cat.txt
cp comp4_det_test_cat.txt comp4_det_test_fox.txt
fails 1 "comp4_det_test_fox.txt: neither lines of predictions nor a file ..._CLASS.txt of a class" "a file of no class" eval_of comp4_det_test_*.txt
fails 1 "lines: lines of predictions, and comp4_det_test_cat.txt beside them" "lines and a file" eval_of lines comp4_det_test_cat.txt
bad_line() { # JQ TEXT NAME: line 2 of the predictions with a fault
	jq -c "if input_line_number == 2 then $1 else . end" lines >bad.lines
	fails 1 "bad.lines:2: $2" "$3" eval_of bad.lines
}
bad_line '.key = "VOC2007/77"' "the ground truth has no image 77" "a line of an unknown image"
bad_line '.width += 1' "\"width\" is 501, but the image's is 500" "a line of another width"
bad_line '.detections[0].class = "unicorn"' "detections[0]: the ground truth has no class unicorn" "a detection of an unknown class"
bad_line '.detections[0].score = null' 'detections[0]: "score" is not a number' "a detection without a score"
bad_line '.detections[0].box |= [.[2], .[3], .[0], .[1]]' "detections[0]: the box is inside out" "a detection inside out"
head -n -1 lines >bad.lines
fails 1 "bad.lines: no line for image " "lines that are cut short" eval_of bad.lines
done_testing
