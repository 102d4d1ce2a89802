# rl-draw: where the paint is, on images, on the sheet, from the stream and from predictions; and what is refused.
. "$(dirname "$0")/tap.sh"
PATH=$PATH:${RL_BIN:-$top/bin}/../obj/tests

perl -e 'binmode STDOUT; print "P6\n80 60\n255\n", "\100\100\100" x 4800' | cjpeg -quality 100 >grey.jpg
manifest() { # BOXES CLASSES IGNORE MASKS
	echo '{"key":"d/grey","path":"grey.jpg","height":60,"width":80,"boxes":'"$1"',"classes":'"$2"',"ignore":'"$3"',"masks":'"$4"',"names":["cat","dog"]}'
}
square='[[[30,20,50,20,50,40,30,40]]]'
manifest '[[20.2,15,60,45]]' '[1]' '[0]' "$square" | rl-decode >one.tar
rl-draw --out o --png <one.tar 2>stderr
ok $? "an image is drawn"
is "$(find o -type f | sort)" o/d/grey.png "named by its key"

# pixels FILE: the PNG as an array in ./npy; look EXPRESSION: of the array p.
pixels() { echo "$1" | rl-decode | rl-cat --npy image >npy; }
look() { /usr/bin/python3 -c "import numpy; p = numpy.load('npy').astype(int)[0]; print($1)"; }
pixels o/d/grey.png
is "$(look 'p.shape')" "(60, 80, 3)" "in its own size"
colour=$(look 'p[44, 40].tolist()')
[ "$colour" != "[64, 64, 64]" ]
ok $? "with a frame"
is "$(look "[(p[y, x].tolist() == $colour) for y, x in ((15, 40), (44, 40), (44, 20), (44, 59), (30, 20), (30, 59))]")" \
	"[True, True, True, True, True, True]" "whose lines are the box's first and last rows and columns"
is "$(look '[p[y, x].tolist() for y, x in ((45, 40), (44, 60), (43, 21), (59, 79))]')" \
	"[[64, 64, 64], [64, 64, 64], [64, 64, 64], [64, 64, 64]]" "and nothing beside them"
is "$(look "p[20, 30].tolist() == p[39, 49].tolist() == p[20, 49].tolist() == p[30, 30].tolist() == $colour, p[19, 30].tolist(), p[40, 49].tolist()")" \
	"True [64, 64, 64] [64, 64, 64]" "the mask's edge is full"
is "$(look "abs(p[30, 40] - (64 * (1 - 110 / 256) + numpy.array($colour) * 110 / 256)).max() < 1")" True "what is inside shows through"
is "$(look '((p[6:15, 20:37] != 64).any(-1)).sum() > 60')" True "a label stands above"

draws() { # MANIFEST-ARGUMENTS: leaves the picture in ./npy
	manifest "$@" | rl-decode | rl-draw --out o --png
	pixels o/d/grey.png
}
draws '[[20,15,60,45]]' '[1]' '[1]' '[[]]'
is "$(look "(p[44, 20:60] == $colour).all(-1).sum(), (p[44, 20:60] != 64).any(-1).sum()")" "20 20" "what is to be ignored is dashed"
draws '[[20,15,60,45]]' '[0]' '[0]' '[[]]'
is "$(look "p[44, 40].tolist() == $colour, p[30, 40].tolist()")" "False [64, 64, 64]" "another class has another colour, and no mask leaves its inside alone"
draws '[[-30,-20,60,45],[70,50,200,300]]' '[0,0]' '[0,0]' '[[],[]]'
is "$(look 'p[44, 0].tolist() == p[50, 75].tolist() == p[0, 59].tolist() == p[59, 70].tolist() != [64, 64, 64], p[30, 0].tolist()')" "True [64, 64, 64]" \
	"boxes may leave the image"

# ---- predictions --------------------------------------------------------------------------------
runs=$(/usr/bin/python3 - <<-'P'
	import json
	mask = [[30 <= x < 50 and 20 <= y < 40 for y in range(60)] for x in range(80)]
	flat, counts, now = [v for column in mask for v in column], [0], False
	for v in flat:
	    if v != now:
	        counts.append(0)
	        now = v
	    counts[-1] += 1
	print(json.dumps({"size": [60, 80], "counts": counts}))
P
)
detection() { echo '{"class":"'$1'","score":'$2',"box":[20.2,15,60,45]'${3-}'}'; }
found() { # DETECTIONS
	echo '{"key":"d/grey","height":60,"width":80,"detections":['"$1"']}' >found
}
found "$(detection dog 0.75 ',"mask":'"$runs")"
rl-draw --out p --png --predictions found <one.tar 2>stderr
ok $? "predictions are drawn"
rm -f stderr
pixels p/d/grey.png
cp npy predicted
is "$(look "p[44, 40].tolist() == $colour and p[20, 30].tolist() == $colour and p[45, 40].tolist() == [64, 64, 64]")" True "as the truth is"
is "$(/usr/bin/python3 -c '
import numpy
found = numpy.load("predicted")[0]
print((found[6:15, 20:] != 64).any(-1).any(0).nonzero()[0].max() + 20)')" "$((20 + 2 + 8 * 6 - 1 - 1))" "with a score in the label"
echo '{"key":"b","detections":[]}' >>found
rl-draw --out p --png --predictions found --min-score 0.75 <one.tar
pixels p/d/grey.png
cmp -s npy predicted
ok $? "a score of --min-score is enough, and lines of other images do not matter"
rl-draw --out p --png --predictions found --min-score 0.76 <one.tar
pixels p/d/grey.png
is "$(look '(p != 64).sum()')" 0 "a lower one is not"
rl-cat --fields image one.tar >bare.tar
rl-draw --out p --png --predictions found <bare.tar
pixels p/d/grey.png
cat >other <<<'{"key":"d/grey","detections":[{"class":"dog","score":0.75,"box":[20.2,15,60,45]},{"class":"cat","score":0.1,"box":[0,0,1,1]}]}'
rl-draw --out q --png --predictions other <bare.tar
pixels q/d/grey.png
is "$(look "p[44, 40].tolist() == $colour")" True "without names in the head, those in the predictions count, sorted"

wrong() { # LINE TEXT NAME
	echo "$1" >bad
	fails 1 "$2" "$3" rl-draw --out bad.out --predictions bad <one.tar
}
wrong '{"key":"d/grey"' "bad:1: not JSON" "a line that is none"
wrong '{"detections":[]}' 'bad:1: no member "key"' "no key"
wrong '{"key":"d/grey"}' 'bad:1: no member "detections"' "no detections"
wrong '{"key":"d/grey","detections":{}}' 'bad:1: "detections" is not an array' "detections that are none"
wrong '{"key":"a","detections":[]}' "bad: no line for image d/grey" "an image that the file has not"
wrong $'{"key":"a","detections":[]}\n\n{"key":"a","detections":[]}' 'bad:3: key "a" again' "a key twice"
wrong '{"key":"d/grey","width":81,"detections":[]}' "bad:1: \"width\" is 81, but the image's is 80" "another width"
wrong '{"key":"d/grey","height":61,"detections":[]}' "bad:1: \"height\" is 61, but the image's is 60" "another height"
detections() { # DETECTION TEXT NAME
	wrong '{"key":"d/grey","detections":['"$(detection dog 0.9)"','"$1"']}' "bad:1: detections[1]$2" "$3"
}
detections '{"score":1,"box":[0,0,1,1]}' ': no member "class"' "no class"
detections '{"class":"cow","score":1,"box":[0,0,1,1]}' ': unknown class "cow"' "an unknown class"
detections '{"class":"dog","box":[0,0,1,1]}' ': no member "score"' "no score"
detections '{"class":"dog","score":1}' ': no member "box"' "no box"
detections '{"class":"dog","score":1,"box":[0,0,1]}' ': "box" is not four numbers' "a short box"
detections '{"class":"dog","score":1,"box":[0,0,1e308,1]}' ': "box" has 1e+308 in it' "a box out of this world"
detections '{"class":"dog","score":1,"box":[0,9,1,1]}' ': the box is inside out' "a box inside out"
detections '{"class":"dog","score":0.1,"box":[9,0,1,1]}' ': the box is inside out' "also below --min-score"
detections '{"class":"dog","score":1,"box":[0,0,1,1],"mask":{"size":[2,2],"counts":[4]}}' ": the mask has another size than its image" \
	"a mask of another size"
detections '{"class":"dog","score":1,"box":[0,0,1,1],"mask":{"size":[60,80],"counts":[4]}}' ": the mask has runs of another number of pixels" \
	"a mask of too few pixels"

# ---- label maps, the sheet ----------------------------------------------------------------------
make-annotated 3 >annotated.tar
rl-cat --fields image,segmentation annotated.tar >maps.tar
rl-draw --out maps --png <maps.tar
for i in 0 1 2; do
	echo maps/a$i.png
done | rl-decode | rl-cat --npy image >drawn
rl-cat --npy image maps.tar >plain
is "$(/usr/bin/python3 -c '
import numpy
drawn, plain = [numpy.load(f).astype(int) for f in ("drawn", "plain")]
palette = numpy.array([[0, 0, 0], [128, 0, 0], [0, 128, 0]])
want = plain * (106 / 256) + palette[:, None, None] * (150 / 256)
print((drawn[0] == plain[0]).all(), abs(drawn - want)[1:].max() < 1)')" "True True" "classes of pixels have the colours of VOC; the background stays"
# Names give a legend; truth and prediction stand side by side.
PYTHONPATH=$top/tests/filters /usr/bin/python3 - <<'END'
import numpy as np
from tensorstream import write
plane = {"dtype": "u1", "shape": ["H", "W"]}
def stream(name, image=np.full((40, 60, 3), 64, "u1"), **maps):
    fields = {"image": {"dtype": "u1", "shape": ["H", "W", 3]}}
    fields.update({f: {**plane, "names": names} for f, (names, _) in maps.items()})
    write(name + ".tar", fields, [("a", {"image": image, **{f: m for f, (_, m) in maps.items()}})])
voc, city = ["background", "cat", "dog"], ["road", "wall"]
left, right, two = np.zeros((40, 60), "u1"), np.zeros((40, 60), "u1"), np.ones((40, 60), "u1")
left[:, :30], right[:, 30:], two[:, 30:], two[:10] = 1, 2, 0, 255
stream("truth", segmentation=(voc, left))
stream("both", segmentation=(voc, left), prediction=(voc, right))
stream("city", prediction=(city, two))
stream("beyond", prediction=(city, right))
stream("names", segmentation=(voc, left), prediction=(city, left))
stream("many", segmentation=(["c%d" % i for i in range(256)], left))
stream("size", segmentation=(voc, left), prediction=(voc, left[:, :30]))
END
drawn() { # STREAM: as the array p
	rl-draw --out "$1" --png <"$1.tar"
	pixels "$1/a.png"
}
on() { echo "((64 * 106 + numpy.array([$1]) * 150 + 128) // 256)"; }
swatches() { look "sorted({tuple(c) for c in p[40:].reshape(-1, 3).tolist()} - {(0, 0, 0), (255, 255, 255)})"; }
drawn truth
is "$(look "p.shape[1] == 60 and p.shape[0] > 48, (p[:40, :30] == $(on 128,0,0)).all(), (p[:40, 30:] == 64).all()")" "True True True" \
	"classes that have names stand below the picture"
is "$(swatches)" "[(128, 0, 0)]" "each that is there, with its colour, but not the background"
is "$(look "((p[40:] == 0).all(-1)).sum() > 20")" True "and its name"
drawn both
is "$(look "p.shape[1], (p[:40, :30] == $(on 128,0,0)).all(), (p[:40, 30:60] == 64).all(), (p[:40, 60:64] == 255).all(), (p[:40, 64:94] == 64).all(), (p[:40, 94:] == $(on 0,128,0)).all()")" \
	"124 True True True True True" "the truth is on the left, the prediction on the right"
is "$(swatches)" "[(0, 128, 0), (128, 0, 0)]" "with one legend"
drawn city
is "$(look "(p[:10] == 64).all(), (p[10:40, :30] == $(on 0,128,0)).all(), (p[10:40, 30:] == $(on 128,0,0)).all()")" "True True True" \
	"without a background the first class has a colour, too; 255 has none"
rl-draw --sheet sheet.png --tile 84 <both.tar
pixels sheet.png
is "$(look "p.shape[1], (p[6:32, 6:26] == $(on 128,0,0)).all(), (p[6:32, 46:50] == 255).all(), (p[6:32, 70:90] == $(on 0,128,0)).all()")" "96 True True True" \
	"both fit a square of the sheet"
fails 1 "sample a: the field prediction has class 2, but 2 names" "a class beyond the names" rl-draw --out x <beyond.tar
fails 1 "the fields segmentation and prediction have other names" "two sets of names" rl-draw --out x <names.tar
fails 1 "more than 255 classes of pixels" "too many names" rl-draw --out x <many.tar
fails 1 "sample a: the field prediction has another size than the image" "a prediction of another size" rl-draw --out x <size.tar

# The sheet.
rl-draw --sheet sheet.png --tile 60 <annotated.tar
pixels sheet.png
is "$(look 'p.shape')" "(116, 138, 3)" "a sheet of two columns, as high as its images and captions"
is "$(look "(p[:6] == 255).all(), (p[:, :6] == 255).all(), (p[6:46, 6:66] == 255).all(-1).sum() < 200, (p[61:101, 72:132] == 255).all()")" \
	"True True True True" "with a margin, and nothing where the fourth would be"
cp npy first
rl-draw --sheet sheet.png --tile 60 --columns 3 <annotated.tar
pixels sheet.png
is "$(look 'p.shape')" "(61, 204, 3)" "--columns"
is "$(/usr/bin/python3 -c '
import numpy
two, three = numpy.load("first")[0], numpy.load("npy")[0]
print((two[6:61, 6:132] == three[6:61, 6:132]).all(), (two[61:, 6:66] == three[6:61, 138:198]).all())')" "True True" "puts the same images elsewhere"
rl-draw --sheet again.png --tile 60 --columns 3 <annotated.tar
cmp -s sheet.png again.png
ok $? "the same bytes again"
rl-draw --sheet sheet.png --tile 60 --count 2 <annotated.tar
pixels sheet.png
is "$(look 'p.shape')" "(61, 138, 3)" "--count"
rl-cat --slice 0:0 annotated.tar | rl-draw --sheet none.png
ok $? "no images at all"
rl-decode --epochs 2 <(echo grey.jpg) | rl-draw --out epochs
is "$(find epochs -type f | sort | xargs)" "epochs/grey-1.jpg epochs/grey.jpg" "every epoch has its files, as JPEG"
is "$(echo epochs/grey.jpg | rl-decode | rl-info | jq -c .fields.image.shape)" "[60,80,3]" "which is one"

# ---- patches ------------------------------------------------------------------------------------
# Patch i is of the one level 20 (i + 1), of floats also 10 less in its first pixel and 10 more in its last.
PYTHONPATH=$top/tests/filters /usr/bin/python3 - <<'END'
import numpy as np
from tensorstream import write
def stream(name, m, pairs=None, side=16, dtype="u1", change=None):
    p = np.zeros((m, side, side, 3), dtype) + 20 * np.arange(1, m + 1).reshape(m, 1, 1, 1).astype(dtype)
    if dtype == "f4":
        p[:, 0, 0] -= 10
        p[:, -1, -1] += 10
    if change:
        p = change(p)
    arrays = {"patches": p}
    fields = {"patches": {"dtype": dtype, "shape": ["M", "H", "W", "C"]}}
    if pairs is not None:
        fields["pairs"], arrays["pairs"] = {"dtype": "i4", "shape": ["K", "L"]}, np.array(pairs, "i4")
    write(name + ".tar", fields, [("d/a", arrays)], kind="patches")
def bad(p):
    p[3, 1, 1, 1] = np.nan
    return p
stream("nine", 9)
stream("floats", 9, dtype="f4")
stream("flat", 9, dtype="f4", change=lambda p: p * 0 + 7)
pairs = [[2, 0, 0], [2, 1, 7], [2, 3, 3], [4, 5, 6], [2, 5, 1], [2, 6, 1]]
stream("levels", 8, pairs)
stream("eight", 8)
stream("third", 3, [[0, 3, 0]])
stream("label", 3, [[0, 1, 8]])
stream("none", 3, np.zeros((0, 3)))
stream("long", 3, [[0, 1, 2, 3]])
stream("oblong", 9, change=lambda p: p[:, :8])
stream("grey", 9, change=lambda p: p[..., :1])
stream("nan", 9, dtype="f4", change=bad)
stream("double", 9, dtype="f8")
stream("large", 2, [[0, 1, 0]] * 50, side=1000)
END
drawn_patches() { # STREAM
	rl-draw --out patches --png <"$1.tar" 2>stderr
	is $? 0 "$2"
	pixels patches/d/a.png
}
drawn_patches nine "nine patches"
is "$(look "p.shape, [[p[y:y + 16, x:x + 16].min() for x in (0, 19, 38)] for y in (0, 19, 38)], [[p[y:y + 16, x:x + 16].max() for x in (0, 19, 38)] for y in (0, 19, 38)]")" \
	"(54, 54, 3) [[20, 40, 60], [80, 100, 120], [140, 160, 180]] [[20, 40, 60], [80, 100, 120], [140, 160, 180]]" "lie as in the image, row by row"
is "$(look "sorted({*p[16:19].ravel(), *p[:, 35:38].ravel()})")" "[225]" "with grey between them"
drawn_patches floats "patches of floats"
is "$(look "[[p[y, x, 0], p[y + 8, x + 8, 0], p[y + 15, x + 15, 0]] for y in (0, 38) for x in (0, 19)]")" \
	"[[0, 128, 255], [0, 128, 255], [0, 128, 255], [0, 128, 255]]" "have each their own range of levels"
drawn_patches flat "patches of one number"
is "$(look "(p[:16, :16] == 128).all()")" True "are mid-grey"
drawn_patches levels "pairs of patches"
cell() { # ROW COLUMN: the levels in the middle of its nine places
	look "[p[y + 60 * $1 + 8, x + 60 * $2 + 8, 0].item() for y in (0, 19, 38) for x in (0, 19, 38)]"
}
is "$(look p.shape)" "(114, 114, 3)" "in cells"
is "$(cell 0 0)" "[20, 225, 225, 80, 60, 225, 225, 225, 40]" "the first in the middle, the second where the label says, and more of the same first around it"
is "$(cell 0 1)" "[225, 225, 225, 225, 100, 225, 225, 120, 225]" "another first, another cell"
is "$(cell 1 0) $(cell 1 1)" "[225, 120, 225, 225, 60, 225, 225, 225, 225] [225, 140, 225, 225, 60, 225, 225, 225, 225]" \
	"and so is a label that is there already"
rl-draw --sheet sheet.png --tile 54 <levels.tar && pixels sheet.png
is "$(look p.shape) $(look "[p[y + 14, x + 14, 0].item() for y in (0, 19, 38) for x in (0, 19, 38)]")" \
	"(75, 66, 3) [225, 120, 225, 225, 60, 225, 225, 225, 225]" "a sheet has as many cells as are large enough on it, spread over all"
rl-draw --sheet sheet.png --tile 342 <levels.tar && pixels sheet.png
is "$(look "p.shape, p[6 + 180 + 57 + 24, 6 + 57 + 24, 0]")" "(363, 354, 3) 60" "four at 320 and more"
perl -e 'binmode STDOUT; print "P6\n300 300\n255\n", pack "C*", map { $_ % 251 } 1 .. 270000' | cjpeg >photo.jpg
for recipe in mmselfsup kolesnikov doersch; do
	rl-decode --quiet < <(echo photo.jpg) | rl-patchpairs --quiet --recipe $recipe | rl-draw --quiet --sheet sheet.png --out patches 2>stderr
	is "$? $(echo sheet.png patches/photo.jpg | xargs -n 1 | rl-decode --quiet | rl-info | grep -c key)" "0 2" "what rl-patchpairs cuts by the recipe $recipe"
done
fails 1 "sample d/a: 8 patches, not 9, and no pairs of them" "eight patches" rl-draw --out x <eight.tar
fails 1 "sample d/a: pair 0: patches 0 and 3 of 3, label 0 of 8" "a pair of a patch that is not there" rl-draw --out x <third.tar
fails 1 "sample d/a: pair 0: patches 0 and 1 of 3, label 8 of 8" "a label beyond the last" rl-draw --out x <label.tar
fails 1 "sample d/a: pairs are not rows of first, second and label" "no pairs" rl-draw --out x <none.tar
fails 1 "sample d/a: pairs are not rows of first, second and label" "pairs of four" rl-draw --out x <long.tar
fails 1 "sample d/a: patches are not RGB squares" "patches that are not square" rl-draw --out x <oblong.tar
fails 1 "sample d/a: patches are not RGB squares" "patches of one channel" rl-draw --out x <grey.tar
fails 1 "sample d/a: patch 3 is not of finite numbers" "a number that is none" rl-draw --out x <nan.tar
fails 1 "sample d/a: field patches is f8" "patches of another type" rl-draw --out x <double.tar
fails 1 "sample d/a: its patches: " "a picture that is too large" rl-draw --out x <large.tar
for flags in "--rows lines --sheet x" "--predictions found --out x"; do
	fails 1 "stdin: patches, not images, which --rows and --predictions are of" "patches with ${flags%% *}" rl-draw $flags <nine.tar
done

# ---- what is wrong ------------------------------------------------------------------------------
fails 1 "sample a0: the field segmentation has another size than the image" "a label map of another size" \
	rl-draw --out x < <(make-annotated 1 planes)
fails 1 "sample a0: field classes is i8" "classes of another type" rl-draw --out x < <(make-annotated 1 types)
head -c 30000 annotated.tar >cut.tar
fails 1 "stdin: truncated" "a truncated stream" rl-draw --sheet cut.png <cut.tar
[ ! -e cut.png ]
ok $? "gives no sheet"
fails 1 "stdin: truncated" "also when only its beginning is drawn" rl-draw --sheet cut.png --count 1 <cut.tar
fails 1 "no field image" "a stream without images" rl-draw --out x < <(rl-cat --fields boxes annotated.tar)
touch file
fails 1 "file/d: make directory: Not a directory" "a folder that cannot be made" rl-draw --out file <one.tar
fails 1 "none/s.png" "a sheet that cannot be written" rl-draw --sheet none/s.png <one.tar
fails 1 "absent: open: No such file" "predictions that are not there" rl-draw --out x --predictions absent <one.tar
fails 2 "neither --out nor --sheet" "nowhere to draw to" rl-draw <one.tar
fails 2 "--png is for --out" "PNG files of nothing" rl-draw --png --sheet x.png <one.tar
fails 2 "--tile and --columns are for --sheet" "columns of nothing" rl-draw --out x --columns 3 <one.tar
fails 2 "--tile and --columns are for --sheet" "squares of nothing" rl-draw --out x --tile 320 <one.tar
fails 2 "--min-score is for --predictions" "scores of nothing" rl-draw --out x --min-score 0.5 <one.tar
fails 2 "the images come on standard input" "a file" rl-draw --out x one.tar
fails 1 "x.png: 106006 x 96 pixels, the limit is 65535 a side" "too wide a sheet" \
	rl-draw --sheet x.png --tile 100 --columns 1000 <one.tar
done_testing
