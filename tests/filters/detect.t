# Detectors: both train, resume to the same bits, and predict one line an image; what does not fit is refused.
. "$(dirname "$0")/tap.sh"

rl-synth --out world --layout coco --images 12 --val 4 --size 128x96 --seed 3 --quiet
rl-list coco world --set train2017 --for-training >train.manifest
rl-list coco world --set val2017 >val.manifest
net="--random-init 5 --arch resnet18 --width 8"
play() { rl-decode --epochs 2 --shuffle --augment 'multi-resize=96,112:160 flip' --quiet train.manifest; }
learn() {
	rl-detect train $net --batch 2 --accumulate 2 --lr-batch 4 --lr 0.01 --regions 32 --log-every 1 --checkpoint-every 2 \
		--precision fp32 --quiet "$@"
}
play >play.tar
head -c $(($(stat -c %s play.tar) * 3 / 4)) play.tar >half.tar
rl-decode --quiet val.manifest >val.tar

for model in faster-rcnn-c4 mask-rcnn-fpn; do
	learn --model $model --out $model <play.tar 2>stderr
	ok $? "$model trains"
	is "$(jq -s 'length, (map(.loss > 0) | all)' $model/log.jsonl | tr '\n' ' ')" "6 true " "$model: a line of the log each step"
	is "$(jq -s 'first | (.rpn_class + .rpn_box + .class + .box + .mask - .loss) | fabs < 1e-5' $model/log.jsonl)" true \
		"$model: the loss is the sum of its parts"

	learn --model $model --out $model.again <half.tar >stdout 2>stderr
	is "$? $(ls $model.again | grep -c weights)" "1 0" "$model: a stream that breaks off ends the run"
	learn --model $model --resume $model.again <play.tar 2>stderr
	is "$? $(tensors $model.again/weights.safetensors)" "0 $(tensors $model/weights.safetensors)" \
		"$model: resumed, the same bits"

	rl-detect predict --weights $model/weights.safetensors --score 0 --short-side 96 --quiet <val.tar >$model.jsonl 2>stderr
	is "$? $(jq -r .key $model.jsonl | paste -sd' ')" "0 $(jq -r .key val.manifest | paste -sd' ')" "$model: a line an image, in order"
	jq -es '[.[] | . as $i | .detections[] | .box[0] >= 0 and .box[1] >= 0 and .box[2] <= $i.width + 1e-3 and
		.box[3] <= $i.height + 1e-3 and .box[2] > .box[0] and .box[3] > .box[1] and .score > 0 and .score <= 1] | length > 0 and all' \
		$model.jsonl >/dev/null
	ok $? "$model: every box lies in its image"
	jq -es 'all(.detections | map(.score) | . == (sort | reverse))' $model.jsonl >/dev/null
	ok $? "$model: by falling score"
	rl-coco-eval --gt world/annotations/instances_val2017.json --weights $model/weights.safetensors --name x $model.jsonl \
		>$model.json 2>stderr
	ok $? "$model: what is predicted can be evaluated"
done
is "$(jq -cS .setup mask-rcnn-fpn.json)" "$(jq -cSn --argjson n "$(wc -l <train.manifest)" --argjson val "$(wc -l <val.manifest)" \
	--argjson classes "$(jq '.categories | length' world/annotations/instances_val2017.json)" '{
	data: {train_images: $n, test_images: $val, classes: $classes}, views: {train: "multi-resize=96,112:160 flip"},
	network: {depth: 18, width: 8, precision: "fp32"}, pretraining: {random_init: 5},
	training: {epochs: 2, iterations: 6, batch: 4, statistics: 2, optimizer: "sgd", lr: 0.01, momentum: 0.9, weight_decay: 0.0001,
		warmup: 1000, warmup_ratio: 0.001, steps: "58640,80630", of_epochs: 87960, gamma: 0.1, regions: 32}}')" \
	"the result says of what the detector is made"
is "$(jq -r '.provenance.command.inputs[0].sha256' mask-rcnn-fpn.json)" "$(sha256sum <mask-rcnn-fpn/weights.safetensors | cut -d' ' -f1)" \
	"and of which weights"
rl-list coco world --set val2017 >gt.manifest
is "$(rl-voc-eval --gt gt.manifest --weights faster-rcnn-c4/weights.safetensors faster-rcnn-c4.jsonl | jq -cS .setup)" \
	"$(jq -cS .setup faster-rcnn-c4.json)" "whoever evaluates it"
fails 1 'play.tar' "weights that are none" \
	rl-coco-eval --gt world/annotations/instances_val2017.json --weights play.tar mask-rcnn-fpn.jsonl
is "$(jq -s '[.[].detections[].mask] | all(. == null)' faster-rcnn-c4.jsonl)" true "Faster R-CNN finds no masks"
jq -es '[.[] | [.height, .width] as $s | .detections[].mask | .size == $s] | length > 0 and all' mask-rcnn-fpn.jsonl >/dev/null
ok $? "Mask R-CNN's are of the images' sizes"
is "$(rl-weights show mask-rcnn-fpn/weights.safetensors | grep -c 'roi_head.mask_head.upsample.weight')" 1 "MMDetection's names"

fails 2 "--model" "no model" learn --out no <play.tar
fails 2 "one of --weights and --random-init" "no backbone" rl-detect train --model faster-rcnn-c4 --out no <play.tar
rl-synth --out folder --layout imagefolder --images 40 --val 40 --seed 1 --quiet
rl-list imagefolder folder/val | rl-decode --size 64x48 --quiet >others.tar
rl-list imagefolder folder/train | rl-decode --epochs 1 --size 64x48 --quiet >labels.tar
fails 1 "no field boxes" "images without objects" learn --model faster-rcnn-c4 --out no <labels.tar
jq -c 'del(.masks)' train.manifest | rl-decode --epochs 1 --quiet >boxes.tar
fails 1 "no field masks" "Mask R-CNN without masks" learn --model mask-rcnn-fpn --out no <boxes.tar
rl-finetune $net --out other --val others.tar --batch 4 --accumulate 1 --quiet <labels.tar >stdout 2>stderr
fails 1 "no detector: rl-detect train makes them" "weights of something else" \
	rl-detect predict --weights other/weights.safetensors <val.tar
fails 1 'other/weights.safetensors: no member "setup"' "of which an evaluator learns nothing" \
	rl-voc-eval --gt gt.manifest --weights other/weights.safetensors faster-rcnn-c4.jsonl
[ ! -e no ]
ok $? "what was refused has left nothing"
done_testing
