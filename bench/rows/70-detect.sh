# A training step of the detectors on two images of the recipes' largest size: trunk, proposals, sampling, heads, and back;
# beside the convolutions of both tapes.
row detect images "training step of a detector, $net, 2 images of ${SIDES/:/ x }"

pad() { echo $((($1 + 31) / 32 * 32)); }

rl-synth --out "$inputs/scenes" --layout coco --images 8 --seed 2 --size 640x384 --quiet
rl-list coco "$inputs/scenes" --set train2017 --for-training 2>"$DIR/note" |
	rl-decode --epochs 1 --augment "multi-resize=$SIDES" --quiet >"$inputs/scenes.tar"

# detect MODEL PRECISION: the last of four steps, by the log; the first one makes the kernels.
detect() {
	rm -rf "$DIR/train"
	clocked 2 rl-detect train --model "$1" --random-init 1 $NET --out "$DIR/train" --batch 2 --accumulate 1 --lr 1e-4 \
		--regions "$REGIONS" --log-every 1 --checkpoint-every 0 --threads "$THREADS" --precision "$2" --quiet \
		<"$inputs/scenes.tar" >"$DIR/train.json"
	jq -c --argjson rate "$(jq 'select(.step == 4) | .samples_per_s' "$DIR/train/log.jsonl")" \
		'.seconds = .items / $rate' "$DIR/train.json"
}

for p in "${precisions[@]}"; do
	for model in faster-rcnn-c4 mask-rcnn-fpn; do
		enter "$model $p" detect "$model" "$p"
		enter "conv floor, $model $p" of 2 floor --model "$model" $NET --train --images 2 --regions "$REGIONS" \
			--height "$(pad "${SIDES%:*}")" --size "$(pad "${SIDES#*:}")" --precision "$p"
		compare "$model $p" "conv floor, $model $p" "the convolutions alone, $model, $p" 0.7
	done
done
