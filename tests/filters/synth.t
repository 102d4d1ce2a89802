# rl-synth: its three layouts are whole, repeatable, and read back as what they claim to be.
. "$(dirname "$0")/tap.sh"
draw="rl-synth --quiet --size 96x72"
sums() { (cd "$1" && find . -type f | sort | xargs sha256sum); }

# ---- VOC ----------------------------------------------------------------------------------------
$draw --out voc --layout voc --images 40 --val 20 --seed 7 2>stderr
ok $? "a VOC tree is drawn"
for d in JPEGImages Annotations SegmentationClass SegmentationObject; do
	is "$(ls voc/VOC2007/$d | wc -l)" 60 "60 files in $d"
done
is "$(wc -l <voc/VOC2007/ImageSets/Main/trainval.txt) $(wc -l <voc/VOC2007/ImageSets/Main/train.txt) $(wc -l <voc/VOC2007/ImageSets/Segmentation/val.txt) $(wc -l <voc/VOC2007/ImageSets/Main/test.txt)" \
	"40 20 20 20" "sets have the sizes asked for"
cat voc/VOC2007/ImageSets/Main/*_*.txt | grep -q ' 0$'
ok $? "some pictures have only difficult examples of a category"
for set in trainval test train val; do
	rl-list voc07 voc --set $set >$set.txt 2>stderr
	ok $? "rl-list finds nothing wrong with $set"
done
is "$(jq -s 'map(.labels | length) | unique | tostring' trainval.txt)" '"[12]"' "twelve categories"
rl-list voc voc --year 2007 --set trainval | jq -es 'map(.boxes | length) | add > 60 and max <= 5' >/dev/null
ok $? "one to four objects, and a crowd at most"
cut -d'"' -f8 trainval.txt >paths
djpeg -pnm "$(head -1 paths)" | head -c 9 | tr '\n' ' ' | grep -q '^P6 96 72 '
ok $? "pictures have the size asked for"

OMP_NUM_THREADS=1 $draw --out again --layout voc --images 40 --val 20 --seed 7 --threads 3
[ "$(sums voc)" = "$(sums again)" ]
ok $? "the same seed gives the same bytes, whatever the threads"
$draw --out other --layout voc --images 40 --val 20 --seed 8
[ "$(sums voc)" != "$(sums other)" ]
ok $? "another seed gives another world"

# ---- VOC 2012, and few categories ----
few="--categories house,car --images 30 --val 12 --seed 7"
$draw --out few --layout voc --year 2012 $few
for set in train val; do
	rl-list voc12aug few --set $set >few.$set 2>stderr
	ok $? "VOC 2012's $set"
done
rm -f stderr
is "$(wc -l <few.train) $(wc -l <few.val) $(rl-list voc few --year 2012 --set trainval | wc -l) $(ls few/VOC2012/ImageSets/Segmentation | xargs)" \
	"30 12 42 train.txt trainval.txt val.txt" "training pictures are train, the held-out ones val, all trainval"
is "$(jq -c .segmentation.names few.train | sort -u)" '["background","car","house"]' "only the categories asked for, in the order of their names"
rl-decode few.train | rl-cat --npy segmentation >classes.npy
is "$(/usr/bin/python3 -c 'import numpy; print(*sorted({0, 1, 2} & set(numpy.load("classes.npy").ravel().tolist())))')" "0 1 2" "all of which occur"
rl-decode few.val | rl-info --check >/dev/null
ok $? "and no other in what is held out"
$draw --out fewcoco --layout coco $few
is "$(jq -c '[.categories[].name], ([.annotations[].category_id] | unique)' fewcoco/annotations/instances_train2017.json | xargs)" \
	"[car,house] [1,2]" "in COCO's layout"
$draw --out fewfolders --layout imagefolder $few
is "$(ls fewfolders/train | xargs)" "car house" "and in folders"

# ---- COCO ---------------------------------------------------------------------------------------
$draw --out coco --layout coco --images 60 --val 10 --seed 7 2>stderr
ok $? "COCO's layout is drawn"
is "$(ls coco/train2017 | wc -l) $(ls coco/val2017 | wc -l)" "60 10" "pictures are where they should be"
coco=coco/annotations/instances_train2017.json
jq -e '(.images | length) == 60 and (.categories | map(.id)) == [range(1; 13)] and
	(.annotations | map(.id)) == [range(1; 1 + (.annotations | length))]' $coco >/dev/null
ok $? "images, categories and annotations are numbered"
(cd coco/train2017 && ls) | cmp -s - <(jq -r '.images[].file_name' $coco)
ok $? "the images are those of the folder"
# Twice the area of a closed polygon, by the shoelace formula.
jq -e 'def twice: . as $p | (length / 2) as $n | [range($n) | . as $i | ((. + 1) % $n) as $j |
		$p[2*$i] * $p[2*$j+1] - $p[2*$j] * $p[2*$i+1]] | add | fabs;
	.annotations | map(select(.iscrowd == 0) | (.segmentation | map(twice) | add) == 2 * .area) | all' $coco >/dev/null
ok $? "polygons have the area of the masks"
jq -e '.annotations | map(select(.iscrowd == 0) | .bbox as [$x, $y, $w, $h] |
		(.segmentation | add) as $p | [$p | range(0; length; 2) as $i | .[$i]] as $xs |
		[$p | range(1; length; 2) as $i | .[$i]] as $ys |
		[$xs | min, max] == [$x, $x + $w] and ([$ys | min, max] == [$y, $y + $h])) | all' $coco >/dev/null
ok $? "boxes are those of the polygons"
jq -e '.annotations | map(select(.iscrowd == 1)) | length > 0 and
	(map((.segmentation.counts | add) == 96 * 72 and .segmentation.size == [72, 96] and
		(.segmentation.counts as $c | [range(1; $c | length; 2) | $c[.]] | add) == .area) | all)' $coco >/dev/null
ok $? "crowds are run lengths of the mask"

# ---- class folders ------------------------------------------------------------------------------
$draw --out folder --layout imagefolder --images 24 --val 12 2>stderr
ok $? "class folders are drawn"
rl-list imagefolder folder/train --classes-of folder/val >folder.txt 2>stderr
ok $? "and read back"
is "$(jq -s 'group_by(.class) | map(length) | unique | tostring' folder.txt)" '"[2]"' "categories are balanced"
$draw --out scant --layout imagefolder --images 14 --val 3
is "$(ls folder/train | wc -l) $(ls scant/train | wc -l) $(ls scant/val | wc -l) $(find scant -type d -empty | wc -l)" "12 12 3 0" \
	"fewer pictures than categories: no folder is empty"
is "$(rl-list imagefolder scant/val | wc -l)" 3 "and they are read back, too"

# ---- errors -------------------------------------------------------------------------------------
fails 1 "voc: exists already" "nothing is overwritten" $draw --out voc --layout voc
fails 2 "--out and --layout are needed" "no layout" rl-synth --out new
fails 2 "must be one of voc, coco, imagefolder" "an unknown layout" rl-synth --out new --layout yolo
fails 2 "cow: no such category" "an unknown category" rl-synth --out new --layout voc --categories car,cow
fails 2 "car: twice among the categories" "one that comes twice" rl-synth --out new --layout voc --categories car,bird,car
fails 2 ": no such category" "an empty one" rl-synth --out new --layout voc --categories car,
fails 2 "--year: 2010: must be 2007 or 2012" "another year" rl-synth --out new --layout voc --year 2010
fails 2 "--year is for voc" "a year of another layout" rl-synth --out new --layout coco --year 2012
fails 2 "want two numbers" "a size that is none" rl-synth --out new --layout voc --size 96
fails 2 "in so thin a picture no object fits" "a strip" rl-synth --out new --layout imagefolder --size 400x32
timeout 60 rl-synth --out strips --layout imagefolder --images 12 --size 256x64 --quiet
is "$? $(find strips -name '*.jpg' | wc -l)" "0 12" "a picture four times as wide as high"
fails 2 "must be 32 to 4096" "a size out of range" rl-synth --out new --layout voc --size 96x1
fails 2 "no operands" "an operand" rl-synth --out new --layout voc more
fails 1 "make directory" "a place that cannot be written" rl-synth --out /proc/new --layout voc
[ ! -e new ]
ok $? "what fails leaves nothing under the name"
done_testing
