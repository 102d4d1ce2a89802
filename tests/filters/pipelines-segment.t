# The make targets of segmentation, end to end: on VOC 2012 and on Cityscapes, in small.
. "$(dirname "$0")/tap.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL

case ${RL_BIN:-} in
*/sanitize/bin)
	skip "the targets" "they run what segment.t, list-segmentation.t and miou.t run there"
	done_testing
	;;
esac
export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
here=$scratch

rl-synth --out world --layout voc --year 2012 --images 8 --val 3 --size 96x80 --seed 3 --quiet
segment() { # TARGET VIEW FLAGS TEST MAKE'S-VARIABLES
	make -s -C $top RESULTS=$here/results $1 RANDOM_ARCH="--arch resnet18 --width 8" SEGMENT_EPOCHS=2 SEGMENT_VIEW="$2" \
		SEGMENT_FLAGS="--log-every 1 --quiet $3" SEGMENT_TEST="--quiet $4" "${@:5}"
}
voc() {
	segment voc12aug-segmentation 'ratio-resize=96x80,0.5,2 class-crop=64 flip photometric' '--size 64x64 --batch 1' \
		'--short-side 80 --long-side 96' VOC12AUG=$here/world VOC12_TRAIN=train "$@"
}
voc 2>stderr
is "$? $(jq -c .benchmark results/random-init/voc12aug-segmentation.json) $(jq -s length results/random-init/voc12aug-segmentation/log.jsonl)" \
	'0 "voc12aug-segmentation" 4' "make voc12aug-segmentation: two epochs of two steps of 4 x 1, and a score"
rl-report --markdown results/random-init/*.json >report.md
grep -A9 '^#### Pascal VOC 2012 + Aug' report.md | grep -q '^| random init'
ok $? "which is in the page's table"
is "$(grep -c '^- .* views: train ratio-resize=96x80,0.5,2 class-crop=64 flip photometric (page: ratio-resize=2048x512,0.5,2 class-crop=512 flip photometric), test multi-resize=80:96 (page: multi-resize=512:2048)$' report.md)" \
	1 "with what is not the page's"
[ -s results/random-init/voc12aug-segmentation/seen.png ] && grep -q 'what random init makes of it' results/random-init/voc12aug-segmentation/seen.txt
ok $? "and a picture of it, with a caption"
files() { (cd results/random-init && stat -c '%n %Y%Z' voc12aug-segmentation.json voc12aug-segmentation/* | grep -v '\.settings'); }
files >before
voc 2>stderr
is "$? $(files)" "0 $(cat before)" "asked for again, nothing is made again"
voc SEGMENT_TEST="--short-side 64 --quiet" >stdout 2>stderr
is "$? $(grep ^remove stderr)" "2 remove $here/results/random-init/voc12aug-segmentation.json, or choose another NAME or RESULTS" \
	"tested otherwise, it is another result"
voc SEED=1 >stdout 2>stderr
is "$? $(grep ^remove stderr)" \
	"2 remove $here/results/random-init/voc12aug-segmentation $here/results/random-init/voc12aug-segmentation.json, or choose another NAME or RESULTS" \
	"trained otherwise, it is another network"
voc NAME=two RANKS=2 2>stderr
is "$? $(jq -c '.setup.training | [.batch, .statistics]' results/two/voc12aug-segmentation.json) $(jq -s length results/two/voc12aug-segmentation/log.jsonl)" \
	"0 [4,2] 4" "on two ranks: half of the micro-batches, with common statistics"

# VOC's world in Cityscapes' folders: train ids, and decoding goes by content.
for set in train val; do
	mkdir -p city/leftImg8bit/$set/aachen city/gtFine/$set/aachen
	rl-list voc12aug world --set $set 2>stderr | jq -r '[.path, .segmentation.path] | @tsv' | while read -r photo labels; do
		id=$(basename $photo .jpg)
		cp $photo city/leftImg8bit/$set/aachen/${id}_leftImg8bit.png
		cp $labels city/gtFine/$set/aachen/${id}_gtFine_labelTrainIds.png
	done
done
segment cityscapes-segmentation 'ratio-resize=96x80,0.5,2 class-crop=64 flip photometric' '--size 64x64 --batch 2 --accumulate 1' \
	'--short-side 80 --long-side 96 --crop 64 --stride 40' CITYSCAPES=$here/city 2>stderr
is "$? $(jq -c '[.benchmark, .setup.training.align_corners, .setup.views.test, .setup.data.classes]' results/random-init/cityscapes-segmentation.json)" \
	'0 ["cityscapes-segmentation",true,"multi-resize=80:96 windows=64,40",19]' "make cityscapes-segmentation: in windows, corners aligned"
done_testing
