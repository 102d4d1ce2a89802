# Detectors: both train, resume to the same bits, and predict one line an image; what does not fit is refused.
. "$(dirname "$0")/tap.sh"
PATH=$PATH:${RL_BIN:-$top/bin}/../obj/tests

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
	data: {train_images: $n, test_images: $val, classes: $classes}, views: {train: "multi-resize=96,112:160 flip", test: "multi-resize=96:1333"},
	network: {depth: 18, width: 8, precision: "fp32"}, pretraining: {random_init: 5},
	training: {model: "mask-rcnn-fpn", epochs: 2, iterations: 6, batch: 4, statistics: 2, optimizer: "sgd", lr: 0.01, momentum: 0.9, weight_decay: 0.0001,
		warmup: 1000, warmup_ratio: 0.001, steps: "58640,80630", of_epochs: 87960, gamma: 0.1, regions: 32}}')" \
	"the result says of what the detector is made"
is "$(jq -r '.provenance.command.inputs[0].sha256' mask-rcnn-fpn.json)" "$(sha256sum <mask-rcnn-fpn/weights.safetensors | cut -d' ' -f1)" \
	"and of which weights"
rl-list coco world --set val2017 >gt.manifest
is "$(rl-voc-eval --gt gt.manifest --weights faster-rcnn-c4/weights.safetensors faster-rcnn-c4.jsonl | jq -cS .setup)" \
	"$(jq -cS .setup faster-rcnn-c4.json)" "whoever evaluates it"
is "$(jq -c '.provenance.detector | [.weights, .score]' mask-rcnn-fpn.json)" \
	"[\"$(sha256sum <mask-rcnn-fpn/weights.safetensors | cut -d' ' -f1)\",0]" "the detections say of which, too"
fails 1 'the detections are of other weights' "weights that did not find them" \
	rl-coco-eval --gt world/annotations/instances_val2017.json --weights faster-rcnn-c4/weights.safetensors mask-rcnn-fpn.jsonl
{ head -2 mask-rcnn-fpn.jsonl && tail -n +3 faster-rcnn-c4.jsonl; } >both.jsonl
fails 1 'both.jsonl:3: "by" says of another detector than in the lines before' "detections of two detectors" \
	rl-voc-eval --gt gt.manifest both.jsonl
fails 1 'play.tar' "weights that are none" \
	rl-coco-eval --gt world/annotations/instances_val2017.json --weights play.tar mask-rcnn-fpn.jsonl
is "$(jq -s '[.[].detections[].mask] | all(. == null)' faster-rcnn-c4.jsonl)" true "Faster R-CNN finds no masks"
jq -es '[.[] | [.height, .width] as $s | .detections[].mask | .size == $s] | length > 0 and all' mask-rcnn-fpn.jsonl >/dev/null
ok $? "Mask R-CNN's are of the images' sizes"
is "$(rl-weights show mask-rcnn-fpn/weights.safetensors | grep -c 'roi_head.mask_head.upsample.weight')" 1 "MMDetection's names"


# ---- iterations end a run; the seed draws the samples ----
learn --model faster-rcnn-c4 --iterations 4 --out four <play.tar 2>stderr
is "$? $(jq -s 'last | [.step, .epoch]' -c four/log.jsonl)" "0 [4,1]" "--iterations ends the run within its epoch"
learn --model faster-rcnn-c4 --iterations 4 --out four.half <half.tar >stdout 2>stderr
is "$? $(ls four.half | grep -c weights)" "1 0" "whose stream must be whole all the same"
learn --model faster-rcnn-c4 --iterations 4 --resume four.half <play.tar 2>stderr
is "$(tensors four.half/weights.safetensors)" "$(tensors four/weights.safetensors)" "resumed, the same bits"
fails 1 "2 epochs are 6 iterations of the 7 that are wanted" "more than there are" \
	learn --model faster-rcnn-c4 --iterations 7 --out no <play.tar
learn --model faster-rcnn-c4 --iterations 4 --seed 1 --out four.seed <play.tar 2>stderr
[ "$(tensors four.seed/weights.safetensors)" != "$(tensors four/weights.safetensors)" ]
ok $? "another seed samples others"

# ---- what does not fit ----
predict() { rl-detect predict --weights "${1:-faster-rcnn-c4/weights.safetensors}" --short-side 96 --quiet; }
/usr/bin/python3 - <<-'E'
	import json, struct

	f = open("faster-rcnn-c4/weights.safetensors", "rb").read()
	n = struct.unpack("<Q", f[:8])[0]
	def other(name, **facts):
	    head = json.loads(f[8 : 8 + n])
	    head["__metadata__"].update(facts)
	    head = json.dumps(head).encode()
	    head += b" " * (-len(head) % 8)
	    open(name, "wb").write(struct.pack("<Q", len(head)) + head + f[8 + n :])
	other("model.st", model="yolo")
	other("none.st", classes="[]")
	other("numbers.st", classes=json.dumps([1] * 10))

E
fails 1 'model.st: a model of yolo: rl-detect train makes' "a model of no such name" predict model.st <val.tar
fails 1 'none.st: the model has no classes' "no classes" predict none.st <val.tar
fails 1 'numbers.st: class 0 has no name' "classes without names" predict numbers.st <val.tar
rl-cat --slice 0:0 val.tar >empty.tar
fails 1 'stdin: no images' "nothing to look at" predict <empty.tar
rl-decode --size 1x2000 --quiet val.manifest | predict >thin.jsonl 2>stderr
is "$? $(jq -s 'length' thin.jsonl)" "0 4" "an image one pixel wide is one"
fails 1 'sample a0: not an RGB image' "grey images" predict < <(make-annotated 1 grey)

fails 2 "--model" "no model" learn --out no <play.tar
fails 2 "one of --weights and --random-init" "no backbone" rl-detect train --model faster-rcnn-c4 --out no <play.tar
rl-synth --out folder --layout imagefolder --images 40 --val 40 --seed 1 --quiet
rl-list imagefolder folder/val | rl-decode --size 64x48 --quiet >others.tar
rl-list imagefolder folder/train | rl-decode --epochs 1 --size 64x48 --quiet >labels.tar
fails 1 "no field boxes" "images without objects" learn --model faster-rcnn-c4 --out no <labels.tar
jq -c 'del(.masks)' train.manifest | rl-decode --epochs 1 --quiet >boxes.tar
fails 1 "no field masks" "Mask R-CNN without masks" learn --model mask-rcnn-fpn --out no <boxes.tar
rl-finetune $net --out other --val others.tar --batch 4 --accumulate 1 --quiet <labels.tar >stdout 2>stderr
fails 1 "no model to predict with: rl-detect train makes one" "weights of something else" \
	rl-detect predict --weights other/weights.safetensors <val.tar
fails 1 'other/weights.safetensors: no member "setup"' "of which an evaluator learns nothing" \
	rl-voc-eval --gt gt.manifest --weights other/weights.safetensors <(jq -c 'del(.by)' faster-rcnn-c4.jsonl)
[ ! -e no ]
ok $? "what was refused has left nothing"
done_testing
