# rl-decode: objects in a manifest, where they are in the image that comes out, and lists of them that are wrong.
. "$(dirname "$0")/tap.sh"

rl-synth --out world --layout coco --images 8 --val 1 --size 96x64 --seed 7 --quiet
rl-list coco world --set train2017 >coco
rl-synth --out voc --layout voc --images 8 --val 1 --size 96x64 --seed 7 --quiet
rl-list voc voc --year 2007 --set trainval >voc.list
payload() { rl-info --check | jq -r .xxh3_64; }

# twin STREAM MANIFEST HEIGHT WIDTH: are the stream's objects the manifest's, scaled to this size?
twin() {
	/usr/bin/python3 - "$@" <<-'E'
	import io, json, sys, tarfile, numpy
	stream, manifest, height, width = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
	fields = {}
	for m in (tar := tarfile.open(stream)):
	    data = tar.extractfile(m).read()
	    fields[m.name] = numpy.load(io.BytesIO(data)) if m.name.endswith(".npy") else json.loads(data)
	names = fields["__rl__/head.json"]["fields"]["classes"]["names"]
	close = lambda a, b: numpy.allclose(a, b, rtol=0, atol=1e-4)
	lines, objects = [json.loads(l) for l in open(manifest)], 0
	for l in lines:
	    get = lambda field, end="npy": fields[l["key"] + "." + field + "." + end]
	    scale = numpy.array([width / l["width"], height / l["height"]] * 2)
	    assert get("image").shape == (height, width, 3) and names == l["names"]
	    boxes, classes, ignore = get("boxes"), get("classes"), get("ignore")
	    assert (boxes.dtype, classes.dtype, ignore.dtype) == ("<f4", "<i4", "u1")
	    assert boxes.shape == (len(l["boxes"]), 4)
	    assert close(boxes, numpy.array(l["boxes"]).reshape(-1, 4) * scale)
	    assert classes.tolist() == l["classes"] and ignore.tolist() == l["ignore"]
	    objects += len(boxes)
	    if "masks" not in l:
	        continue
	    for got, want in zip(get("masks", "json"), l["masks"], strict=True):
	        if isinstance(want, list):
	            assert all(close(g, numpy.array(w) * numpy.resize(scale, len(w))) for g, w in zip(got, want, strict=True))
	        else:
	            assert got["size"] == [height, width]
	            assert (got == want) == ((height, width) == (l["height"], l["width"]))
	print(len(lines), objects > 8, sum("masks" in l and any(isinstance(m, dict) for m in l["masks"]) for l in lines))
	E
}

rl-decode coco >coco.tar
is "$(twin coco.tar coco 64 96)" "8 True 2" "objects, masks and the names of the classes go along"
is "$(rl-info --head coco.tar | jq -c '.fields | map_values(del(.names))')" \
	'{"image":{"dtype":"u1","shape":["H","W",3]},"boxes":{"dtype":"f4","shape":["N",4]},"classes":{"dtype":"i4","shape":["N"]},"ignore":{"dtype":"u1","shape":["N"]},"masks":{"dtype":"json"}}' \
	"as the head declares"
rl-decode --short-side 100 coco >large.tar
is "$(twin large.tar coco 100 150)" "8 True 2" "through a resize"
rl-decode --size 33x70 coco >squashed.tar
is "$(twin squashed.tar coco 70 33)" "8 True 2" "and through one that squashes"
rl-decode voc.list >voc.tar
is "$(twin voc.tar voc.list 64 96)" "8 True 0" "objects without masks"
is "$(rl-info --head voc.tar | jq '.fields | has("masks")')" false "have none in the stream"
is "$(rl-decode --epochs 2 --shuffle --start 8 coco | rl-info --check | jq .samples)" 8 "epochs play them"

# ---- groups of one shape: 8 wide images, 5 high ones ----
rl-synth --out high --layout coco --images 5 --val 1 --size 64x96 --seed 7 --quiet
{ cat coco && rl-list coco high --set train2017 | jq -c '.key |= sub("train"; "high")'; } >mixed
# Does each group of 2 have one shape, but for one at the most, and does every image come?
groups() {
	rl-decode --shuffle --group 2 --seed $1 "${@:2}" mixed | rl-info | jq -r .key | awk '
		{ high = /^high/; seen[$0]++ }
		NR % 2 { first = high }
		!(NR % 2) && high != first { mixed++ }
		END { for (k in seen) n++; print NR, n, mixed + 0 }'
}
is "$(for seed in 1 2 3 4 5; do groups $seed; done | sort -u)" "13 13 0" "--group: both of a pair are wide or high"
is "$(for shard in 0 1 2; do groups 3 --shard $shard/3; done | sort -u | awk '$3 > 1 || $1 != 5')" "" "in each shard"
is "$(for shard in 0 1 2; do rl-decode --shuffle --group 2 --shard $shard/3 mixed | rl-info | jq -r .key; done | sort -u | wc -l)" 13 \
	"which have every image between them"
[ "$(rl-decode --shuffle --group 2 --seed 1 mixed | payload)" != "$(rl-decode --shuffle --group 2 --seed 2 mixed | payload)" ]
ok $? "groups are shuffled"
fails 2 '--group is a way to shuffle: --shuffle is missing' "groups in order" rl-decode --group 2 mixed
fails 1 'train2017/000000000001: groups by shape need width and height in the manifest' "no shape" \
	sh -c 'jq -c "del(.width, .height)" coco | rl-decode --shuffle --group 2'

recipe="random-resized-crop=48x40 flip color-jitter=0.4,0.4,0.4"
is "$(rl-decode --epochs 2 --seed 3 --augment "$recipe" coco | payload)" "$(rl-decode --epochs 2 coco | rl-augment --seed 3 $recipe | payload)" \
	"augmenting while decoding is augmenting after"
is "$(rl-decode --augment flip=1 coco | rl-info --head | jq -c '.fields.classes.names')" "$(head -1 coco | jq -c .names)" \
	"which keeps the names"
sed 's/world/else/; s/"key":"train2017/"key":"else/' coco >again
cp -r world else
is "$(cat coco again | rl-decode | rl-info --check | jq .samples)" 16 "two manifests are one"
is "$(jq -c '.boxes = [] | .classes = [] | .ignore = [] | .masks = []' coco | rl-decode | rl-info | jq -c .fields.boxes.shape | sort -u)" \
	"[0,4]" "there may be no objects at all"

# ---- what is wrong ----

wrong() { # JQ-FILTER TEXT NAME: of the second line
	jq -c "if input_line_number == 2 then $1 else . end" coco >list
	fails 1 "$2" "$3" rl-decode list
	rl-info --check <stdout >/dev/null 2>&1
	is $? 1 "and the stream it leaves is no stream"
}
line=list:2
wrong 'del(.boxes)' "$line: has no \"boxes\", but the first record has" "no objects"
wrong 'del(.classes)' "$line: no member \"classes\"" "no classes"
wrong 'del(.ignore)' "$line: no member \"ignore\"" "no flags"
wrong 'del(.names)' "$line: no member \"names\"" "no names"
wrong 'del(.masks)' "$line: has no \"masks\", but the first record has" "no masks"
wrong '.names[1] = "x"' "$line: other \"names\" than in the first record" "other names"
wrong '.boxes = 3' "$line: \"classes\" is not an array with one for each box" "boxes that are none"
wrong '.boxes = {} | .classes = [] | .ignore = []' "$line: \"boxes\" is not an array" "boxes that are an object"
wrong '.boxes[0] = [1,2,3]' "$line: box 0 is not four numbers" "a box of three numbers"
wrong '.boxes[0][3] = "4"' "$line: box 0 is not four numbers" "one with a text"
wrong '.boxes[0][3] = 1e39' "$line: box 0 has 1e+39 in it" "a number too large"
wrong '.boxes[0][2] = .boxes[0][0]' "$line: box 0 is empty or inside out" "an empty box"
wrong '.boxes[0][3] = -1' "$line: box 0 is empty or inside out" "one that is inside out"
wrong '.classes += [0]' "$line: \"classes\" is not an array with one for each box" "a class too many"
wrong '.classes[0] = 12' "$line: \"classes\": number 0 is not a whole number below 12" "a class without name"
wrong '.classes[0] = -1' "$line: \"classes\": number 0 is not a whole number below 12" "a negative class"
wrong '.ignore[0] = 2' "$line: \"ignore\": number 0 is not a whole number below 2" "a flag that is none"
wrong '.masks += [[]]' "$line: \"masks\" is not an array with one for each box" "a mask too many"
wrong '.masks[0] = 3' "000000000002.jpg: mask 0 is neither polygons nor run lengths of 96 x 64 pixels" "a mask that is none"
wrong '.masks[0] = {"size":[96,64],"counts":[6144]}' "000000000002.jpg: mask 0 is neither polygons nor run lengths of 96 x 64" "one of another size"
wrong '.height = 65' "000000000002.jpg: 96 x 64 pixels, but 96 x 65 in the list" "an image of another size"
wrong '.height = 0' "$line: \"height\" is 0, not in 1 to" "an image without a size"
wrong 'del(.width)' "$line: no member \"width\"" "half a size"
jq -c 'if input_line_number == 2 then .width = 95 else . end' coco >list
is "$(rl-decode --skip-bad list 2>stderr | rl-info --check | jq -c '[.samples, .skipped]')" "[7,1]" "--skip-bad goes on"
grep -q "000000000002.jpg: 96 x 64 pixels, but 95 x 64 in the list: skipped" stderr
ok $? "and names it"
rm stderr
names() { # JQ-FILTER NAME
	jq -c "$1" coco >list
	fails 1 'list:1: "names" is not an array of strings' "$2" rl-decode list
}
names '.names = []' "a list of no names"
names '.names[1] = 2' "a name that is a number"
fails 1 'has "boxes", but the first record has no' "objects here and there" \
	sh -c 'echo "{\"key\":\"a\",\"path\":\"world/train2017/000000000001.jpg\"}" | cat - coco | rl-decode'
done_testing
