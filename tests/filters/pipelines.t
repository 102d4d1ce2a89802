# The make targets, end to end on a world small enough for a test: photos to weights to a table.
. "$(dirname "$0")/tap.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
plain_only "the make targets" "they call programs that all have tests of their own here"

run="make -s -C $top RESULTS=$scratch/results"
here=$scratch

rl-synth --out photos --layout imagefolder --images 12 --val 4 --seed 1 --quiet
rl-synth --out world --layout voc --images 120 --val 40 --seed 2 --quiet
train="--arch resnet18 --width 8 --hidden 16 --batch 6 --accumulate 1 --optimizer adamw --lr 0.001 --lr-batch 6 --quiet"

make -s -C $top deps >stdout 2>stderr
is "$? $(cat stdout stderr)" "0 " "make deps finds what it needs"
fails 2 "" "the targets stand without RESULTS= on the command line" \
	sh -c "make -C $top -q voc07-svm NAME=never >out 2>&1; grep -q 'No rule' out && exit 1; echo >&2; exit 2"
$run pretrain PHOTOS=$here/typo TRAIN_FLAGS="$train" 2>stderr
[ $? -ne 0 ] && [ ! -e results/pretrain/pretext.json ]
ok $? "photos that are not there: an error, and no result"
$run pretrain PHOTOS=$here/photos/train HELD_OUT=$here/photos/val EPOCHS=2 TRAIN_FLAGS="$train" >stdout 2>stderr
is "$? $(grep -c '^[0-9.]* % of the pairs of held-out photos right (95 % sure: [0-9.]* to [0-9.]*); chance: 12.5 %$' stdout)" "0 1" \
	"make pretrain ends in how well it does"
w=$here/results/pretrain/weights.safetensors
[ -s $w ] && jq -e '.metrics.accuracy >= 0' results/pretrain/pretext.json >/dev/null
ok $? "leaves weights and the held-out accuracy"

$run pretrain RUN=$here/paper RECIPE=doersch PHOTOS=$here/photos/train HELD_OUT=$here/photos/val EPOCHS=1 \
	TRAIN_FLAGS="$train --batch 3" 2>stderr
is "$? $(jq -r .setup.pretraining.view paper/pretext.json) $(jq '.metrics.chance > 13' paper/pretext.json)" \
	"0 grids=4 colour=dropping resample mirror=0 true" "make pretrain by the paper's sampler"
$run pretrain RUN=$here/vgg RECIPE=vgg PHOTOS=$here/photos/train >stdout 2>stderr
is "$? $(head -1 stderr)" "2 make: RECIPE=vgg: must be mmselfsup, kolesnikov or doersch" "or by no other"

# Killed with all that it started, make goes on where its checkpoints are: here with one a step, at the second.
pretrain="PHOTOS=$here/photos/train EPOCHS=20 TRAIN_FLAGS='$train --threads 1 --checkpoint-every 1'"
eval "$run pretrain RUN=$here/whole $pretrain" 2>stderr
setsid bash -c "$run pretrain RUN=$here/killed $pretrain" 2>stderr &
job=$!
while [ ! -e killed/checkpoint-2.safetensors ] && kill -0 $job 2>bad; do sleep 0.01; done
kill -KILL -- -$job
wait $job 2>bad
[ ! -e killed/pretext.json ] && [ ! -e killed/weights.safetensors ]
ok $? "make pretrain, killed"
eval "$run pretrain RUN=$here/killed $pretrain" 2>stderr
is $? 0 "and made again"
is "$(tensors killed/weights.safetensors)" "$(tensors whole/weights.safetensors)" "it ends in the same bits"
is "$(jq -c '[.step, .epoch, .loss]' killed/log.jsonl)" "$(jq -c '[.step, .epoch, .loss]' whole/log.jsonl)" \
	"with the same log"

export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
$run pretrain RUN=$here/ranks PHOTOS=$here/photos/train EPOCHS=2 RANKS=2 TRAIN_FLAGS="$train" 2>stderr
is "$? $(jq '[.step, .epoch]' -c ranks/log.jsonl)" "0 [2,1]" "make pretrain on two ranks: two epochs of a step of 6 + 6"

svm="VOC07=$here/world SLICE=50 FEAT_LIST=feat3,feat4 SVM_FLAGS='--costs 0.01,1 --quiet'"
svm="$svm LOWSHOT_FLAGS='--shots 1,2 --samples 2 --quiet'"
bench() { eval "$run voc07-svm voc07-lowshot $svm $*"; }
bench WEIGHTS=$w 2>stderr
is $? 0 "make voc07-svm voc07-lowshot of these weights"
bench "RANDOM_INIT=3 RANDOM_ARCH='--arch resnet18 --width 8'" 2>stderr
is $? 0 "and of an untrained network"
is "$(ls results | tr '\n' ' ')" "pretrain random-init relative-location " "each in a folder of its own"
cp $w moco_v2.safetensors
$run -n voc07-svm VOC07=$here/world WEIGHTS=$here/moco_v2.safetensors >stdout 2>stderr
grep -q 'results/moco_v2/voc07-svm.json' stdout
ok $? "weights of another name are in one of their own, too"
eval "$run voc07-neighbours $svm WEIGHTS=$w QUERIES=2 NEIGHBOURS=3" 2>stderr
is "$? $(perl -0777 -ne '($w, $h) = unpack "x16N2", $_; print int $w / 160, " by ", int $h / 120' results/relative-location/voc07-neighbours.png)" \
	"0 4 by 2" "make voc07-neighbours: two rows of an image and its three nearest"
is "$(find results -name '*.partial' | wc -l)" 0 "with nothing half-written"
is "$(jq -r .layer results/relative-location/voc07-svm.json)" \
	"$(jq -r .layer results/relative-location/voc07-lowshot.json)" "low-shot runs on the layer that is best in the SVM"
rl-report --markdown results/*/*.json >report.md
is "$(sed -n '/VOC SVM/,/^###/p' report.md | grep -c '^| ra\|^| re')" 2 "the results make a table of two rows"
is "$(grep '^- .* \(data\|views\|protocol\|no pre\|not rec\)' report.md | sed 's/, \(class names\|costs\).*//')" \
	"- ᵃ data: train images 120 (page: 5,011), test images 40 (page: 4,952), classes 12 (page: 20)
- ᵈ protocol: layers feat3,feat4 (page: feat1,feat2,feat3,feat4,feat5)
- ᵉ protocol: samples 2 (page: 5)
- ᶠ no pretraining: random init, seed 3" "with marks for what is not the page's, and for nothing else"
bench WEIGHTS=$w "SVM_FLAGS='--costs 1 --quiet'" >stdout 2>stderr
[ $? -ne 0 ] && grep -q 'voc07-svm.json was made with other settings: --costs 0.01,1 --quiet' stderr
ok $? "other flags for the same result are refused"
is "$(grep ^remove stderr)" "remove $here/results/relative-location/voc07-svm.json, or choose another NAME or RESULTS" \
	"and what would be in the way of others is named, no more"
is "$(jq -r '[.. | .sha256? // empty] | unique[]' results/relative-location/voc07-svm.json | grep -c "$(sha256sum <$w | cut -c1-64)")" \
	1 "a result names the weights by hash"

before=$(stat -c %Y%Z results/relative-location/voc07-svm.json)
bench WEIGHTS=$w >stdout 2>stderr
is "$(stat -c %Y%Z results/relative-location/voc07-svm.json)" "$before" "asked for again, nothing is made again"
bench "RANDOM_INIT=4 RANDOM_ARCH='--arch resnet18 --width 8'" >stdout 2>stderr
[ $? -ne 0 ] && grep -q 'random-init/voc07-trainval.tar was made with other settings' stderr
ok $? "another network under the name of the first is refused"
is "$(grep ^remove stderr)" \
	"remove $here/results/random-init/voc07-test.tar $here/results/random-init/voc07-trainval.tar, or choose another NAME or RESULTS" \
	"with all that would be in its way"
$run pretrain PHOTOS=$here/photos/val EPOCHS=2 TRAIN_FLAGS="$train" 2>stderr
[ $? -ne 0 ] && grep -q 'made with other settings' stderr
ok $? "so are other photos"
is "$(grep ^remove stderr)" "remove $here/results/pretrain, or choose another RUN" "and the variable that helps is named"
$run pretrain RESULTS=$here/none EPOCHS=2 2>stderr
[ $? -ne 0 ] && grep -q 'say PHOTOS=DIR' stderr
ok $? "no photos"

# A pile that is a link to a folder of links, one photo of which is cut short.
pile() { $run pretrain RUN=$here/pile PHOTOS=$here/pile-of-links EPOCHS=1 TRAIN_FLAGS="$train" "$@" >stdout 2>stderr; }
mkdir links
ln -s links pile-of-links
pile
is "$? $(cat stderr | head -1) $(ls pile)" "2 make: $here/pile-of-links: no photo in it, *.jpg or *.jpeg pretext.json.settings" \
	"a pile without a photo is named, and nothing begun"
find $here/photos/train -name '*.jpg' -exec ln -s -t links {} +
last=$(ls links | tail -1)
rm links/$last
head -c 1000 "$(find photos/train -name $last)" >links/$last
pile
[ $? -ne 0 ] && grep -q "$last: " stderr && [ ! -e pile/pretext.json ]
ok $? "a bad photo ends a run, and is named"
pile DECODE_FLAGS=--skip-bad
is "$? $(grep -c "$last: .*: skipped" stderr) $(jq -c .setup.data.train_images pile/pretext.json)" "0 1 12" \
	"but with DECODE_FLAGS=--skip-bad, which names it, too"
pile
[ $? -ne 0 ] && grep -q 'asked for: PHOTOS=.* SEED=0 --arch' stderr && grep -q 'SEED=0 decode --skip-bad --arch' stderr
ok $? "and is another result"
rl-synth --out classes --layout imagefolder --images 60 --val 24 --seed 5 --quiet
probe() {
	$run NAME=small RANDOM_ARCH="--arch resnet18 --width 8" "$@" LIST_FLAGS="--classes $(ls classes/train | wc -l)" \
		LINEAR_EPOCHS=1 LINEAR_FLAGS="$linear_flags --quiet" KNN_FLAGS="--k 1,5 --quiet"
}
linear_flags="--batch 32"
probe imagenet-linear imagenet-avgpool imagenet-knn IMAGENET=$here/classes 2>stderr
is "$? $(jq -c '[.benchmark, (.metrics | length)]' results/small/*.json | tr '\n' ' ')" \
	'0 ["imagenet-avgpool",2] ["imagenet-knn",2] ["imagenet-linear",10] ' "linear probes and nearest neighbours, one target each"
is "$(rl-report --markdown results/small/*.json | grep '^- .* \(data\|views\|protocol\|training\|no pre\|not rec\)' | cut -d' ' -f3-)" \
	"data: train images 60 (page: 1,281,167), test images 24 (page: 50,000), classes $(ls classes/train | wc -l) (page: 1,000)
no pretraining: random init, seed 0
training: epochs 1 (page: 90), batch 32 (page: 256), statistics 32 (page: 256), lr 0.00125 (page: 0.01)
training: epochs 1 (page: 100), batch 32 (page: 256), lr 3.75 (page: 30)" "which are the page's but for what was asked for otherwise"
# On two ranks: half of 256 each where all images are one step.
linear_flags=
probe imagenet-avgpool IMAGENET=$here/classes NAME=whole 2>stderr
probe imagenet-avgpool IMAGENET=$here/classes NAME=two RANKS=2 2>stderr
is "$? $(jq -c .metrics results/two/imagenet-avgpool.json)" "0 $(jq -c .metrics results/whole/imagenet-avgpool.json)" \
	"linear probes on two ranks come to the same"
linear_flags="--batch 32"
age() { stat -c %Y%Z results/small/imagenet-train.tar results/small/imagenet-val.tar; }
before=$(age)
probe imagenet-exact IMAGENET=$here/classes EXACT_FLAGS="--weight-decay 1,0.01 --quiet" 2>stderr
is "$? $(jq -c '[.benchmark, .name, (.metrics | keys), (.layers.avgpool.grid | length)]' results/small/imagenet-exact.json)" \
	'0 ["imagenet-exact","small",["avgpool top-1","avgpool top-5"],2]' "the exact probe"
is "$(age)" "$before" "on the features that nearest neighbours are made of"
is "$(rl-report --markdown results/small/imagenet-*.json | sed -n '/^#### imagenet-exact/,/^| small/p' | grep -o 'avgpool top-[15]\|^| small' | paste -sd,)" \
	"avgpool top-1,avgpool top-5,| small" "in a table of its own"
probe imagenet-exact IMAGENET=$here/classes EXACT_FLAGS="--weight-decay 1,0.1 --quiet" >stdout 2>stderr
[ $? -ne 0 ] && grep -q 'imagenet-exact.json was made with other settings' stderr
ok $? "other weight decays for the same result are refused"
is "$(grep ^remove stderr)" "remove $here/results/small/imagenet-exact.json, or choose another NAME or RESULTS" "which are not features"
probe imagenet-exact IMAGENET=$here/classes EXACT_LAYERS=feat5 >stdout 2>stderr
is "$? $(grep ^remove stderr)" \
	"2 remove $(cd results/small && ls -d $PWD/imagenet-{exact,knn}.json $PWD/imagenet-{train,val}.tar | paste -sd' '), or choose another NAME or RESULTS" \
	"other layers are others, and all that would be in their way is named"
probe verdict IMAGENET=$here/classes NAME=judged WEIGHTS=$w RANDOM_ARCH= VERDICT_FLAGS=--quiet >stdout 2>stderr
is "$? $(wc -l <stdout) $(grep -c '^\(better\|same\|worse\): .* % against .* points (95 % sure' stdout)" "0 1 1" "a verdict in one line"
is "$(jq -c '[.name, .duplicates.by, (.against | map(.name)), .setup.network.width, (.provenance.against.untrained.test.history[-1] | .random_init, .network.width)]' results/judged/verdict.json)" \
	'["judged","pixels",["untrained","pixels","colours"],8,0,8]' "of these weights, against an untrained network like them, pixels and colours"
probe verdict IMAGENET=$here/classes NAME=judged WEIGHTS=$w RANDOM_ARCH= VERDICT_FLAGS=--quiet VERDICT_LAYER=feat4 >stdout 2>stderr
[ $? -ne 0 ] && grep -q 'verdict.json was made with other settings' stderr
ok $? "another layer under that name is refused"
# Keys are paths, here in a folder of any name, and draw which images test what: 2 of 15 that choose how are of 120 enough.
probe audit PHOTOS=$here/world NAME=audited WEIGHTS=$w AUDIT_IMAGES=120 AUDIT_DECODE="--short-side 128" >stdout 2>stderr
is "$? $(wc -l <results/audited/audit.list) $(jq -c '[.benchmark, (.streams // [] | map(.name)), .metrics.shift != null]' results/audited/{audit,lens}.json | paste -sd' ') $(wc -l <stdout)" \
	'0 120 ["audit",["raw","project","grey"],false] ["lens",[],true] 2' "an audit of features and lens, a line each"

# An extraction that stops keeps its slices: here at an image of which a part is missing.
exact() { probe imagenet-exact IMAGENET=$here/classes RESULTS=$here/stopped THREADS=1 SLICE=10 "$@"; }
parts=stopped/small/imagenet-train.tar.parts
last=$(find classes/train -name '*.jpg' | LC_ALL=C sort | tail -1)
cp $last whole.jpg
head -c 1000 whole.jpg >$last
exact >stdout 2>stderr
[ $? -ne 0 ] && grep -q "$(basename $last)" stderr && [ ! -e stopped/small/imagenet-train.tar ] && [ -e $parts/000004.tar ]
ok $? "an extraction that stops leaves slices"
exact EXACT_LAYERS=feat5 >stdout 2>stderr
[ $? -ne 0 ] && grep -q 'imagenet-train.tar was made with other settings' stderr
ok $? "which are not joined with those of other settings"
exact NAME=skipping DECODE_FLAGS=--skip-bad 2>stderr
is "$? $(rl-info --check stopped/skipping/imagenet-train.tar | jq -c '[.samples, .skipped]')" "0 [59,1]" \
	"or goes on without the image, which is counted"
cp whole.jpg $last
rm $(head -1 $parts/000000 | jq -r .path) # of a slice that is there: not read again
exact 2>stderr
is "$? $(jq -c .metrics stopped/small/imagenet-exact.json)" "0 $(jq -c .metrics results/small/imagenet-exact.json)" \
	"and goes on to the same result"
cmp stopped/small/imagenet-train.tar results/small/imagenet-train.tar 2>stderr
ok $? "with the same bytes"
[ ! -e $parts ]
ok $? "and nothing beside them"

find classes/train -name '*.jpg' | LC_ALL=C sort | awk 'NR % 2' | sed 's|classes/train/||' >few.txt
few() { # FLAGS MAKE'S-VARIABLES
	flags=$1
	shift
	probe imagenet-1percent IMAGENET=$here/classes SUBSET_1PERCENT=$here/few.txt SEMI_EPOCHS=1 SEMI_LR="0.1 0.01" SEMI_HEAD=10 \
		SEMI_VIEW="resize=72 center-crop=64" SEMI_CROP="random-resized-crop=64 flip" \
		SEMI_FLAGS="--log-every 1 --quiet $flags" "$@"
}
few "--batch 8 --accumulate 2" 2>stderr
is "$? $(jq -c '[.benchmark, (.grid | length), .metrics["top-1"] == ([.grid[].metrics["top-1"]] | max), .setup.training.settings]' results/small/imagenet-1percent.json)" \
	'0 ["imagenet-1percent",2,true,["0.01x10","0.1x10"]]' "fine-tuning on a part of the labels: the best of the grid"
# Half of the recipe's 4 micro-batches, each of 4 + 4.
few "--batch 4" NAME=two RANKS=2 2>stderr
is "$? $(jq -cs 'length, (.[0].loss * 1e4 | round)' results/two/imagenet-1percent/lr0.01-head10/log.jsonl)" \
	"0 $(jq -cs 'length, (.[0].loss * 1e4 | round)' results/small/imagenet-1percent/lr0.01-head10/log.jsonl)" \
	"fine-tuning on two ranks takes the same first step"
rl-synth --out coco --layout coco --images 12 --val 4 --size 128x96 --seed 3 --quiet
detect() {
	probe coco-detection COCO=$here/coco NAME=two RANKS=2 DETECT_EPOCHS=2 DETECT_SIZES=96,112:160 \
		DETECT_FLAGS="--batch 1 --accumulate 2 --regions 32 --log-every 1 --quiet" DETECT_TEST="--short-side 96 --quiet" "$@"
}
detect 2>stderr
is "$? $(jq -c .benchmark results/two/coco-detection.json) $(jq -s length results/two/coco-detection/log.jsonl)" \
	'0 "coco-detection" 6' "a detector trains on two ranks, two epochs of three steps of 4, and is scored"
files() { (cd results/two && stat -c '%n %Y%Z' coco-detection.json coco-detection/* | grep -v '\.settings'); }
files >before
detect VOC_TRAIN=2012/train VOC_TEST=2012/val 2>stderr
is "$? $(files)" "0 $(cat before)" "the other data set's settings are nothing to it"
detect DETECT_TEST="--short-side 64 --quiet" >stdout 2>stderr
is "$? $(grep ^remove stderr)" "2 remove $here/results/two/coco-detection.json, or choose another NAME or RESULTS" \
	"tested otherwise, it is another result"
rm results/two/coco-detection.json
detect DETECT_TEST="--short-side 64 --quiet" >stdout 2>stderr
is "$? $(files | diff before - | grep '^>' | cut -d' ' -f2 | xargs)" \
	"0 coco-detection.json coco-detection/detections.jsonl coco-detection/found.png coco-detection/found.txt coco-detection/test.manifest" \
	"of the same detector"
detect SEED=1 DETECT_TEST="--short-side 64 --quiet" >stdout 2>stderr
is "$? $(grep ^remove stderr)" "2 remove $here/results/two/coco-detection $here/results/two/coco-detection.json, or choose another NAME or RESULTS" \
	"trained otherwise, it is another detector"

# VOC07+12 of which one year is not there.
$run voc0712-detection NAME=half VOC0712=$here/world RANDOM_ARCH="--arch resnet18 --width 8" >stdout 2>stderr
is "$? $(grep -c '^rl-list: .*VOC2012' stderr) $(grep -c '^rl-[^l]' stderr) $(find results/half -name '*.safetensors' -o -name '*.jsonl')" \
	"2 1 0 " "a detector does not begin to train on a part of its sets"

# ---- all of it on a page ---------------------------------------------------------------------------
$run page >stdout 2>stderr
is "$? $(tail -1 stdout)" "0 the page: $here/results/page.html" "make page says where it is"
is "$(grep -o 'alt="[^:]*: [^.]*' results/page.html)" 'alt="relative location: voc07 neighbours
alt="two: coco detection: found' "with what there is to see"

# ---- what is not there is said before anything runs ----------------------------------------------
# lost TARGET TEXT MAKE'S-VARIABLES: one line, and make's own
lost() {
	$run "$1" NAME=lost RANDOM_ARCH="--arch resnet18 --width 8" "${@:3}" >stdout 2>stderr
	is "$? $(wc -l <stderr) $(head -1 stderr | grep -cF "make: $2") $(find results/lost -type f ! -name "*.settings" 2>bad | wc -l)" "2 2 1 0" \
		"$1: $2"
}
while read -r targets variable holds; do
	for target in ${targets//,/ }; do
		lost $target "$here/nowhere: no such directory: say $variable=DIR, which holds $holds (man rl-list)" $variable=$here/nowhere
		lost $target "nofile: no such file: say WEIGHTS=FILE" $variable=$here WEIGHTS=nofile
	done
done <<'END'
voc07-svm,voc07-lowshot VOC07 VOC2007 with its JPEGImages, Annotations and ImageSets
imagenet-linear,imagenet-avgpool,imagenet-exact,imagenet-knn,imagenet-1percent,imagenet-10percent,verdict IMAGENET a folder for each class in train and in val
audit PHOTOS JPEGs, in folders or not
places205-linear,places205-exact PLACES205 trainvalsplit_places205 and data/vision/torralba/deeplearning/images256
inat18-linear,inat18-exact INAT18 train2018.json, val2018.json and the images where these say
voc0712-detection VOC0712 VOC2007 and VOC2012, each with its JPEGImages, Annotations and ImageSets
coco-detection COCO annotations/instances_SET.json and the folder SET of images, for each set
voc12aug-segmentation VOC12AUG VOC2012 with its JPEGImages, SegmentationClass and ImageSets, and SegmentationClassAug or beside VOC2012 VOCaug
cityscapes-segmentation CITYSCAPES leftImg8bit and gtFine, each with train and val
END
lost audit "no PHOTOS: say PHOTOS=DIR, which holds JPEGs, in folders or not (man rl-list)"
lost imagenet-10percent "nolist: no such file: say SUBSET_10PERCENT=FILE" IMAGENET=$here SUBSET_10PERCENT=nolist
lost pretrain "$here/nowhere: no such directory: say HELD_OUT=DIR" PHOTOS=$here/photos HELD_OUT=$here/nowhere RUN=$here/results/lost
echo no weights >weights
$run voc07-svm NAME=lost WEIGHTS=$here/weights VOC07=$here/world SLICE=50 >stdout 2>stderr
is "$? $(ls results/lost/voc07-trainval.tar.parts | grep -vx '[0-9]*' | wc -l)" "2 0" "weights that are none leave no pieces of streams"
done_testing
