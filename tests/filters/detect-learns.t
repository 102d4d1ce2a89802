# Both detectors learn: from nothing found to nearly everything on a few scenes seen again and again.
. "$(dirname "$0")/tap.sh"

plain_only "learning" "detect.t runs the same code here; this would only take long"

rl-synth --out world --layout coco --images 16 --size 96x96 --seed 3 --quiet
gt=world/annotations/instances_train2017.json
jq -c '.categories = [{id: 1, name: "thing"}] | .annotations[].category_id = 1' $gt >one && mv one $gt
rl-list coco world --set train2017 --for-training >manifest
learn() { # EPOCHS OPTIONS
	rl-decode --epochs $1 --shuffle --augment flip --quiet manifest | rl-detect train --random-init 0 --arch resnet18 \
		--width 16 --batch 2 --accumulate 1 --optimizer adamw --lr 0.002 --lr-batch 2 --weight-decay 0.05 \
		--recipe-epochs 12 --steps 10,11 --warmup 0.5 --warmup-ratio 0.01 --regions 16 --precision fp32 --threads 1 --quiet "${@:2}"
}
metrics() {
	rl-decode --quiet manifest | rl-detect predict --weights $1/weights.safetensors --short-side 96 --quiet |
		rl-coco-eval --gt $gt | jq -c .metrics
}

for model in faster-rcnn-c4 mask-rcnn-fpn; do
	learn 1 --model $model --out $model.0 --lr 0
	metrics $model.0 >json
	ok $? "$model: an untrained one predicts"
	jq -e '."box AP50" < 5' json >/dev/null
	ok $? "$model: hardly anything: $(jq '."box AP50"' json) of AP50"
	learn 62 --model $model --out $model
	metrics $model >json
	jq -e '."box AP50" > 80' json >/dev/null
	ok $? "$model: trained, boxes of $(jq '."box AP50"' json)"
done
jq -e '."mask AP50" > 50' json >/dev/null
ok $? "mask-rcnn-fpn: masks of $(jq '."mask AP50"' json)"
done_testing
