# A training step of FCN R50-D8 on a micro-batch of VOC12's recipe: the network, both losses, and back; beside its
# convolutions.
row segment images "training step of FCN, $net, 4 images of $CROP x $CROP"

rl-synth --out "$inputs/voc" --layout voc --year 2012 --images 24 --seed 2 --size "${CROP}x$CROP" --quiet
rl-list voc12aug "$inputs/voc" --set train 2>"$DIR/note" | sed -n '1,12p' | rl-decode --epochs 1 --quiet >"$inputs/voc.tar"

# segment PRECISION: the last of three steps, by the log; the first one makes the kernels.
segment() {
	rm -rf "$DIR/train"
	clocked 4 rl-segment train --random-init 1 $NET --out "$DIR/train" --size "${CROP}x$CROP" --accumulate 1 --lr 1e-4 --min-lr 0 \
		--log-every 1 --checkpoint-every 0 --threads "$THREADS" --precision "$1" --quiet <"$inputs/voc.tar" >"$DIR/train.json"
	jq -c --argjson rate "$(jq 'select(.step == 3) | .samples_per_s' "$DIR/train/log.jsonl")" \
		'.seconds = .items / $rate' "$DIR/train.json"
}

for p in "${precisions[@]}"; do
	enter "fcn $p" segment "$p"
	enter "conv floor, fcn $p" of 4 floor --model fcn $NET --train --images 4 --size "$CROP" --precision "$p"
	compare "fcn $p" "conv floor, fcn $p" "the convolutions alone, $p" 0.7
done
