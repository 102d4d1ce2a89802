# rl-discover: what was planted is found, in noise nothing is; and what its lines say.
. "$(dirname "$0")/tap.sh"

net="--random-init 1 --arch resnet18 --width 16 --quiet"
world() { # NAME LAYOUT OPTIONS...: its list and patches
	name=$1
	shift
	rl-synth --out $name --layout "$@" --size 160x120 --quiet
	rl-list imagefolder $name/train >$name.jsonl
	rl-decode --quiet <$name.jsonl | rl-extract $net --patches --patch 24 --stride 6 --size 48 >$name.tar
}
world things planted --images 36 --categories car,house,clock --seed 3
world empty noise --images 36 --seed 4
is "$(jq -s 'map(.class) | unique | join(" ")' -r things.jsonl empty.jsonl)" "car clock house nothing" "three things planted, and nothing"
rl-synth --out again --layout planted --images 36 --categories car,house,clock --seed 3 --size 160x120 --threads 1 --quiet
diff -r again things >bad
ok $? "the same pictures by one thread"
discover() { rl-discover --constellations 500 --shuffles 999 --quiet "$@"; }

discover things.tar --result things.json --name planted >things.finds 2>stderr
is $? 0 "rl-discover"
rl-purity --labels things.jsonl things.finds >purity.json
jq -e '.metrics["purity at 0.5"] >= 0.9' purity.json >bad
ok $? "what was planted is found: purity 0.9 at coverage 0.5 ($(jq -c '.metrics | map_values(. * 100 | round / 100)' purity.json))"
discover empty.tar --result empty.json >empty.finds
jq -e '.metrics.finds < 0.05 * .metrics.constellations' empty.json >bad
ok $? "in noise it is not: $(wc -l <empty.finds) finds of 500"

is "$(jq -c '[.benchmark, .name, .layer, .metrics.images, .metrics.constellations, .metrics.finds == '"$(wc -l <things.finds)"', .metrics.chance > 0 and .metrics.chance < 0.02, .setup.data.test_images]' things.json)" \
	'["discovery","planted","avgpool",36,500,true,true,36]' "the result says what was done, and to how many"
is "$(jq -r '.provenance | [.test.digest, .command.tool, .command.seed] | join(" ")' things.json)" \
	"$(rl-info --check things.tar | jq -r .xxh3_64) rl-discover 0" "and of what it is"
/usr/bin/python3 - things.finds things.jsonl >checked <<'END'
import json, sys
finds = [json.loads(line) for line in open(sys.argv[1])]
keys = {json.loads(line)["key"] for line in open(sys.argv[2])}
print([f["find"] for f in finds] == list(range(1, len(finds) + 1)),
      [f["verified"] for f in finds] == sorted((f["verified"] for f in finds), reverse=True),
      all(len(f["images"]) == f["verified"] <= f["of"] == 35 for f in finds),
      all(0 <= i["e"] < 1 for f in finds for i in f["images"]),
      all(f["images"] == sorted(f["images"], key=lambda i: -i["score"]) for f in finds),
      all(i["key"] in keys and i["key"] != f["key"] for f in finds for i in f["images"]),
      all(abs(f["box"][2] - f["box"][0] - 48) < 1 and abs(f["box"][3] - f["box"][1] - 48) < 1 for f in finds),
      all(32 <= i["box"][2] - i["box"][0] + 0.5 and i["box"][2] - i["box"][0] <= 64.5 for f in finds for i in f["images"]),
      all(0 < f["p"] <= f["q"] <= 0.05 for f in finds), sum(f["verified"] for f in finds) > 3 * sum(f["mirrored"] for f in finds))
END
is "$(cat checked)" "True True True True True True True True True True" \
	"a line a find, by verified images: keys, e, scores, boxes of twice the side, p, q and the control are as they should be"
jq -e '.metrics | .verified > 3 * .chance and .verified > 1.5 * .mirrored' things.json >bad
ok $? "of things more verify than mirrored or shuffled"
jq -e '.metrics | .verified < 2 * .chance + 0.01 and .mirrored < 2 * .chance + 0.01' empty.json >bad
ok $? "of noise no more"
for flags in "--threads 1" "--threads 3"; do
	discover $flags things.tar | cmp -s - things.finds
	ok $? "the same bits with $flags"
done
discover --seed 1 things.tar >other
! cmp -s other things.finds && rl-purity --labels things.jsonl other | jq -e '.metrics["purity at 0.5"] >= 0.9' >bad
ok $? "another seed draws others, and finds the same things"
discover --whiten things.tar >white.finds
! cmp -s white.finds things.finds
ok $? "whitened, it is another search"
is "$(rl-discover --fdr 1 --constellations 40 --quiet things.tar | wc -l)" "$(rl-discover --fdr 1 --constellations 40 --quiet things.tar --result all.json >bad; jq .metrics.finds all.json)" \
	"--fdr 1 prints all that are distinct"
is "$(rl-discover --fdr 1 --constellations 40 --quiet things.tar | jq -e -s 'map(.q) | max > 0.5')" true "whatever their q"
is "$(rl-discover --top 5 --fdr 1 --quiet --constellations 9 things.tar | jq -c .of | sort -u)" 5 "--top"
rl-discover --constellations 20 --fdr 1 --quiet --shuffles 9 things.tar | jq -e -s 'map(.p) | min == 0.1' >bad
ok $? "--shuffles: p is not below 1 of one more"
cat things.tar things.tar >twice.tar
rl-discover --constellations 20 --fdr 1 --quiet twice.tar | jq -e -s '[.[] | .key as $k | .images[] | select(.key == $k)] | length == 0' >bad
ok $? "an image is nothing found in itself, even when it comes twice"
mkdir copies && jq -r .path things.jsonl | while read -r photo; do
	djpeg "$photo" | cjpeg -quality 60 >"copies/$(basename "$photo")"
done
{ jq -r .path things.jsonl && ls copies/*; } >both.list
rl-decode --quiet <both.list | rl-extract $net --patches --patch 24 --stride 6 --size 48 >both.tar
rl-decode --quiet --size 64x64 <both.list | rl-baseline --quiet >pixels.tar
rl-knn --train pixels.tar --test pixels.tar --layer pixels --neighbours 3 --leave-self-out --quiet |
	jq -c '.neighbours |= map(select(.[1] >= 0.999)) | select(.neighbours != [])' >copies.jsonl
own() { # how many images are found in their copies
	rl-discover --constellations 60 --fdr 1 --quiet "$@" |
		jq -s 'def name: .key | split("/")[-1]; if . == [] then null else [.[] | name as $own | .images[] | select(name == $own)] | length end'
}
[ "$(own both.tar)" -gt 10 ]
ok $? "a copy that was saved anew is another image, in which an image recurs"
is "$(own --copies copies.jsonl --result both.json both.tar) $(jq -c '[.metrics.copies, .provenance.command.inputs[0].path]' both.json)" \
	'0 [36,"copies.jsonl"]' "unless it is known as one"
{ cat both.list && ls copies/* | sed 's|copies/|thirds/|'; } >three.list && cp -r copies thirds
rl-decode --quiet <three.list | rl-extract $net --patches --patch 24 --stride 6 --size 48 >three.tar
# Thirds are paired with copies only, not with the first.
{ cat copies.jsonl; ls copies | sed 's/.jpg//' | jq -Rc '{key: "thirds/\(.)", neighbours: [["copies/\(.)", 1]]}'; } >chain.jsonl
is "$(rl-discover --constellations 60 --fdr 1 --quiet --copies chain.jsonl three.tar |
	jq -s -c '[(map(.of) | unique), all(.[]; .images | map(.key | split("/")[-1]) | length == (unique | length))]')" '[[35],true]' \
	"and all copies of another image are one, a copy's copies, too"
for line in '{"key":"a"}' '{"key":"a","neighbours":3}' '{"key":"a","neighbours":[[]]}' '{'; do
	echo "$line" >bad.jsonl
	fails 1 "bad.jsonl:1: " "copies that are none: $line" rl-discover --copies bad.jsonl things.tar
done

# ---- purity -------------------------------------------------------------------------------------
cat >labels <<'END'
{"key":"a","path":"a","labels":{"x":1,"y":0}}
{"key":"b","path":"b","labels":{"x":1,"y":-1}}
{"key":"c","path":"c","labels":{"x":0,"y":1}}
{"key":"d","path":"d","labels":{"x":1,"y":1}}
END
echo '{"images":["a","c"]}
{"images":[{"key":"d","e":0.5},{"key":"b"}]}' >sets
is "$(rl-purity --labels labels sets --name row | jq -c '[.benchmark, .name, (.metrics | del(.chance)), .curve, .sets, .images]')" \
	'["purity","row",{"area":0.875,"area to 0.5":0.5,"purity":0.75,"coverage":1,"purity at 0.5":1},[[0.5,1],[1,0.75]],2,4]' \
	"purity of two sets of images that show several classes"
is "$(rl-purity --labels labels <(echo '{"images":["a","b","c","d"]}') | jq .metrics.chance)" 0.75 "what random sets of that size are"
is "$(rl-purity --labels labels --top 1 <sets | jq -c .curve)" "[[0.25,1],[0.5,1]]" "only the first images count"
is "$(rl-purity --labels labels </dev/null | jq -c '[.metrics, .curve, .sets]')" '[{"area":0,"area to 0.5":0},[],0]' "no sets"
sed 's/"labels":{"x":1,"y":[^}]*}/"boxes":[[0,0,1,1],[0,0,2,2]],"classes":[0,1],"ignore":[0,1],"names":["x","y"]/; s/"labels":[^}]*}/"boxes":[[0,0,1,1]],"classes":[1],"ignore":[0],"names":["x","y"]/' labels >objects
is "$(rl-purity --labels objects sets | jq -c .curve)" "[[0.5,1],[1,0.75]]" "an image shows its objects, but those to be ignored"
is "$(rl-purity --labels labels sets | jq -r '.provenance | [.sets.sha256, .labels.sha256] | join(" ")')" \
	"$(sha256sum <sets | cut -c1-64) $(sha256sum <labels | cut -c1-64)" "the result names both files by hash"

# ---- errors -------------------------------------------------------------------------------------
fails 2 "one operand is needed" "no patches" rl-discover
fails 2 "one operand is needed" "two streams of them" rl-discover things.tar empty.tar
fails 2 "read twice: standard input will not do" "a pipe" rl-discover - <things.tar
fails 2 "--name is for --result" "a name of nothing" rl-discover --name row things.tar
fails 2 "--fdr: 2: must be" "a rate above 1" rl-discover --fdr 2 things.tar
fails 1 "absent.tar: open" "no such file" rl-discover absent.tar
fails 1 "things.tar: no field feat3" "no such layer" rl-discover --layer feat3 things.tar
rl-decode --quiet <things.jsonl | rl-extract $net --layers avgpool >whole.tar
fails 1 "whole.tar: not a stream of patches: rl-extract --patches makes them" "features of whole images" rl-discover whole.tar
rl-cat --slice 0:1 things.tar >one.tar
fails 1 "one.tar: one image with patches: there is none to find anything in" "one image" rl-discover one.tar
head -c 200000 things.tar >cut.tar
fails 1 "cut.tar: truncated" "a truncated stream" rl-discover cut.tar
rl-cat --slice 0:0 things.tar >none.tar
fails 1 "none.tar: no samples" "no images" rl-discover none.tar
made() { # NAME EXPRESSION: patches p and features x of three images, changed
	PYTHONPATH=$top/tests/filters /usr/bin/python3 - "$@" <<'END'
import sys
import numpy as np
from tensorstream import write
side = np.arange(4) * 16.
p = np.array([[x, y, x + 16, y + 16] for y in side for x in side], "f4")
x = np.random.default_rng(0).random((3, 16, 5), "f4")
exec(sys.argv[2])
p = p if isinstance(p, list) else 3 * [p]
write(sys.argv[1], {"places": {"dtype": "f4", "shape": ["M", p[0].shape[1]]}, "avgpool": {"dtype": "f4", "shape": ["N", 5]}},
      [("i%d" % i, {"places": p[i], "avgpool": x[i]}) for i in range(3)], kind="patchfeatures")
END
}
made fine.tar 'x[1:] = x[0]'
rl-discover --quiet --fdr 1 fine.tar | jq -e -s 'length > 0 and all(.[]; .of == 2 and .verified == 2 and .p == 1 and ([.images[].e] | max < 1e-6))' >bad
ok $? "a stream by other code"
made hole.tar 'x[1:] = x[0]; p = [p, p[:0], p]; x = [x[0], x[1, :0], x[2]]'
rl-discover --quiet --fdr 1 --result hole.json hole.tar | jq -c '[.key, .images[].key]' | sort -u >met
is "$(tr '\n' ' ' <met)$(jq -c '[.metrics.images, .setup.data.test_images]' hole.json)" '["i0","i2"] ["i2","i0"] [2,2]' \
	"an image without patches is none, and the others keep their names"
bad() { # EXPRESSION TEXT NAME
	made bad.tar "$1"
	fails 1 "bad.tar: $2" "$3" rl-discover bad.tar
}
bad 'x[1, 2, 3] = np.nan' "i1: avgpool[13] is not a finite number" "a feature that is none"
bad 'x[1, 2] = 0' "i1: all features of a patch are zero" "a patch of no direction"
bad 'p = p[:, :3]' "i0: places is not one row of 4 for each patch" "places of three numbers"
bad 'p = [p, p[:9], p]' "i1: places is not one row of 4 for each patch" "too few places"
bad 'p[3, 2] = np.inf' "i0: place 3 is no rectangle" "a place out of this world"
bad 'p[3, 2] = p[3, 0]' "i0: place 3 is no rectangle" "a place without width"
bad 'p[:, 2:] = p[:, :2] + 7 * np.arange(1, 17)[:, None]' "nowhere four patches of a size side by side" "patches of many sizes"
made bad.tar 'x[:] = x[0, 0]'
fails 1 "do not vary" "nothing to whiten" rl-discover --whiten bad.tar
fails 1 "none/r.json" "a result that cannot be written" rl-discover --quiet --constellations 2 --result none/r.json fine.tar

fails 2 "--labels is needed" "no labels" rl-purity sets
fails 2 "more than one operand" "two files of sets" rl-purity --labels labels sets sets
fails 2 "standard input can be but one of the two" "both from standard input" rl-purity --labels - <labels
wrong() { # LINE TEXT NAME
	echo "$1" >bad.sets
	fails 1 "bad.sets:1: $2" "$3" rl-purity --labels labels bad.sets
}
wrong '{"images"' "not JSON" "a line that is none"
wrong '{"find":1}' 'no member "images"' "a set of nothing"
wrong '{"images":[]}' '"images" is not an array with at least one' "an empty set"
wrong '{"images":7}' '"images" is not an array with at least one' "a set that is none"
wrong '{"images":[7]}' 'no member "key"' "an image without a key"
wrong '{"images":["a","z"]}' "image z is not among those with labels" "an image nobody labelled"
wrong '{"images":["a","b","a"]}' "image a is there twice" "an image twice"
echo '{"key":"a","path":"a"}' >bare
fails 1 'bare:1: neither "label", "labels" nor "boxes"' "images without labels" rl-purity --labels bare sets
fails 1 "no images" "a manifest of nothing" rl-purity --labels /dev/null sets
done_testing
