# Segmentation: training, resumed to the same bits, and prediction, whole and in windows, to a stream and to files.
. "$(dirname "$0")/tap.sh"
PATH=$PATH:${RL_BIN:-$top/bin}/../obj/tests

rl-synth --out world --layout voc --year 2012 --images 12 --val 4 --size 96x80 --seed 3 --quiet
rl-list voc12aug world --set train >train.manifest 2>stderr
rl-list voc12aug world --set val >val.manifest 2>stderr
net="--random-init 5 --arch resnet18 --width 8"
play() {
	rl-decode --epochs 2 --shuffle --quiet --augment 'ratio-resize=96x80,0.5,2 class-crop=64 flip photometric' train.manifest
}
learn() {
	rl-segment train $net --size 64x64 --batch 2 --accumulate 2 --lr-batch 4 --log-every 1 --checkpoint-every 2 \
		--precision fp32 --quiet "$@"
}
play >play.tar
head -c $(($(stat -c %s play.tar) * 3 / 4)) play.tar >half.tar
rl-decode --quiet val.manifest >val.tar

learn --out run <play.tar 2>stderr
ok $? "trains"
is "$(jq -s 'length, (map(.loss > 0 and .accuracy >= 0) | all)' run/log.jsonl | xargs)" \
	"$((($(wc -l <train.manifest) + 3) / 4 * 2)) true" "a line of the log each step"
is "$(jq -s 'first | (.decode + .auxiliary - .loss) | fabs < 1e-5' run/log.jsonl)" true "the loss is the sum of both heads'"
classes=$(head -1 train.manifest | jq '.segmentation.names | length')
is "$(jq -s --argjson n $classes 'first | [.decode, .auxiliary / 0.4] | map(. / ($n | log) > 0.8 and . / ($n | log) < 1.3) | all' \
	run/log.jsonl)" true "at first they guess"
steps=$(wc -l <run/log.jsonl)
is "$(jq -s 'map(.lr * 1e9 | round)' -c run/log.jsonl)" \
	"$(jq -nc --argjson n $steps '[range($n) | ((0.01 - 1e-4) * pow(1 - . / $n; 0.9) + 1e-4) * 1e9 | round]')" \
	"the rate falls with the power 0.9 of what is left"
is "$(rl-weights show run/weights.safetensors | jq -r .name | grep -x 'decode_head.conv_cat.conv.weight\|auxiliary_head.conv_seg.bias' | xargs)" \
	"auxiliary_head.conv_seg.bias decode_head.conv_cat.conv.weight" "MMSegmentation's names"

learn --out again <half.tar >stdout 2>stderr
is "$? $(ls again | grep -c weights)" "1 0" "a stream that breaks off ends the run"
learn --resume again <play.tar 2>stderr
is "$? $(tensors again/weights.safetensors)" "0 $(tensors run/weights.safetensors)" "resumed, the same bits"
learn --iterations 3 --out three <play.tar 2>stderr
is "$? $(jq -s 'last | [.step, .epoch]' -c three/log.jsonl) $(jq -s 'last.lr < first.lr / 2' three/log.jsonl)" \
	"0 [3,$((2 * 2 / steps))] true" "--iterations ends the run, and the rate with it"
learn --seed 1 --out seed <play.tar 2>stderr
[ "$(tensors seed/weights.safetensors)" != "$(tensors run/weights.safetensors)" ]
ok $? "another seed drops other channels"


# ---- images without a class ----
PYTHONPATH=$top/tests/filters /usr/bin/python3 -c "
import numpy
__import__('label-files').png('none.png', numpy.full((80, 96), 255))"
{ head -4 train.manifest | jq -c '.segmentation.path = "none.png"' && tail -n +5 train.manifest; } >blank.manifest
rl-decode --epochs 1 --quiet blank.manifest >blank.tar
learn --size 96x80 --out blank <blank.tar 2>stderr
is "$? $(jq -s '[.[0] | .loss, .accuracy, .decode], [.[1] | .loss > 0]' -c blank/log.jsonl | xargs)" "0 [null,null,null] [true]" \
	"a step that nothing can be said of"

# ---- prediction ----
predict() { rl-segment predict --weights run/weights.safetensors --short-side 80 --long-side 96 --precision fp32 --quiet "$@"; }
predict <val.tar >seen.tar 2>stderr
ok $? "predicts"
is "$(rl-info seen.tar | jq -c '[.key, .fields.prediction.shape, .fields.image.shape[:2], (.fields | keys_unsorted | last)]')" \
	"$(rl-info val.tar | jq -c '[.key, .fields.image.shape[:2], .fields.image.shape[:2], "prediction"]')" \
	"each image with the classes of its pixels, behind what there was"
is "$(rl-cat --fields image,segmentation seen.tar | tar xO --wildcards "*.npy" | sha256sum)" "$(rl-cat --fields image,segmentation val.tar | tar xO --wildcards "*.npy" | sha256sum)" \
	"which is as it was"
rl-miou seen.tar >seen.json 2>stderr
is "$? $(jq '.metrics | .mIoU >= 0 and .aAcc > 0' seen.json)" "0 true" "and can be scored"
predict --crop 200 --stride 100 <val.tar >window.tar 2>stderr
is "$? $(rl-cat --fields prediction window.tar | tar xO --wildcards '*.npy' | sha256sum)" \
	"0 $(rl-cat --fields prediction seen.tar | tar xO --wildcards '*.npy' | sha256sum)" "a window over all is the whole"
predict --crop 48 --stride 32 <val.tar >windows.tar 2>stderr
is "$? $(rl-info windows.tar | wc -l)" "0 $(wc -l <val.manifest)" "windows that overlap"
! cmp -s <(rl-cat --fields prediction windows.tar | tar xO) <(rl-cat --fields prediction seen.tar | tar xO)
ok $? "see other pixels"
predict --out maps <val.tar >stdout 2>stderr
is "$? $(cat stdout) $(cd maps && find . -name '*.png' | sort | sed 's|^./||; s|.png$||' | xargs)" \
	"0  $(jq -r .key val.manifest | sort | xargs)" "or to a palette PNG for each"
is "$(rl-miou --gt val.manifest maps | jq -c .metrics)" "$(jq -c .metrics seen.json)" "of the same classes"
is "$(rl-miou --weights run/weights.safetensors seen.tar | jq -cS .setup)" \
	"$(jq -cSn --argjson n "$(wc -l <train.manifest)" --argjson val "$(wc -l <val.manifest)" --argjson steps $steps --argjson classes $classes '{
	data: {train_images: $n, test_images: $val, classes: $classes},
	views: {train: "ratio-resize=96x80,0.5,2 class-crop=64 flip photometric", test: "multi-resize=80:96"},
	network: {depth: 18, width: 8, precision: "fp32"}, pretraining: {random_init: 5},
	training: {model: "fcn", size: "64x64", align_corners: false, epochs: 2, iterations: $steps, batch: 4, statistics: 2,
		optimizer: "sgd", lr: 0.01, momentum: 0.9, weight_decay: 0.0005, power: 0.9, min_lr: 0.0001}}')" \
	"the result says of what the network is made"

# ---- corners ----
learn --align-corners --iterations 2 --out corners <play.tar 2>stderr
predict --weights corners/weights.safetensors <val.tar >corners.tar 2>stderr
is "$? $(rl-miou --weights corners/weights.safetensors corners.tar | jq .setup.training.align_corners)" "0 true" \
	"weights remember whether corners were aligned"

# ---- what does not fit ----
fails 2 "one of --weights and --random-init" "no backbone" rl-segment train --out no <play.tar
fails 2 '--size: 64: want two numbers' "a size that is none" learn --size 64 --out no <play.tar
fails 2 "--min-lr: 0.0001: the rate would rise to it, from 1e-05" "a rate below its end" learn --lr 1e-5 --out no <play.tar
fails 1 "pixels are more than the --size of 48 x 64: rl-augment class-crop makes them fit" "an image larger than the size" learn --size 48x64 --out large <play.tar
rl-cat --fields image,epoch,position play.tar >bare.tar
fails 1 "stdin: head: no field segmentation" "images without labels" learn --out no <bare.tar
rl-cat --fields segmentation,epoch,position play.tar >blind.tar
fails 1 "stdin: head: no field image" "labels without images" learn --out no <blind.tar
fails 1 "stdin: head: the classes have no names" "classes without names" learn --out no < <(sed 's/"names":/"named":/' play.tar)
fails 2 "--weights is missing" "nothing to predict with" rl-segment predict <val.tar
fails 2 "--stride is for --crop" "a stride without windows" predict --stride 32 <val.tar
fails 2 "pixels between windows would be lost" "windows that leave gaps" predict --crop 32 --stride 48 <val.tar
fails 1 "has a field prediction already" "what is predicted already" predict <seen.tar
rl-cat --fields segmentation val.tar >labels.tar
fails 1 "stdin: head: no field image" "nothing to look at" predict <labels.tar
rl-cat --slice 0:0 val.tar >empty.tar
fails 1 "stdin: no images" "no image" predict <empty.tar
fails 1 'sample a0: not an RGB image' "grey images" predict < <(make-annotated 1 grey)
rl-synth --out scenes --layout coco --images 4 --size 64x64 --seed 1 --quiet
rl-list coco scenes --set train2017 --for-training 2>stderr | rl-decode --epochs 1 --quiet |
	rl-detect train --model faster-rcnn-c4 $net --batch 2 --accumulate 1 --regions 8 --out detector --quiet 2>stderr
fails 1 "a model of faster-rcnn-c4: rl-segment train makes" "weights of a detector" \
	rl-segment predict --weights detector/weights.safetensors <val.tar
sed 's/"align_corners":"false"/"align_corners":"maybe"/' run/weights.safetensors >maybe.safetensors
fails 2 "maybe.safetensors: maybe: must be one of false, true" "corners that are neither aligned nor not" \
	predict --weights maybe.safetensors <val.tar
/usr/bin/python3 - <<'END'
import json
old = open("run/weights.safetensors", "rb").read()
size = int.from_bytes(old[:8], "little")
head = json.loads(old[8:8 + size])
head["__metadata__"]["classes"] = json.dumps([str(k) for k in range(256)])
new = json.dumps(head).encode()
new += b" " * (-len(new) % 8)
open("many.safetensors", "wb").write(len(new).to_bytes(8, "little") + new + old[8 + size:])
END
fails 1 "many.safetensors: more than 255 classes" "more classes than a map can hold" predict --weights many.safetensors <val.tar
fails 1 "a checkpoint: predictions are made with weights.safetensors" "a checkpoint" \
	rl-segment predict --weights $(ls run/checkpoint-* | head -1) <val.tar
fails 1 "a model of fcn: rl-detect train makes" "and a detector of these" \
	rl-detect predict --weights run/weights.safetensors <val.tar
[ ! -e no ]
ok $? "what was refused has left nothing"
done_testing
