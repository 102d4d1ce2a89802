# Segmentation learns: from next to nothing to most pixels of a few scenes seen again and again.
. "$(dirname "$0")/tap.sh"

case ${RL_BIN:-} in
*/sanitize/bin)
	skip "learning" "segment.t runs the same code here; this would only take long"
	done_testing
	;;
esac

rl-synth --out world --layout voc --year 2012 --images 12 --size 96x96 --categories flower,house --seed 3 --quiet
rl-list voc12aug world --set train >manifest 2>stderr
learn() { # EPOCHS OPTIONS
	rl-decode --epochs $1 --shuffle --augment flip --quiet manifest | rl-segment train --random-init 0 --arch resnet18 \
		--width 16 --size 96x96 --batch 4 --accumulate 1 --optimizer adamw --lr 0.003 --lr-batch 4 --min-lr 0.00001 \
		--weight-decay 0.01 --precision fp32 --threads 1 --quiet "${@:2}"
}
score() {
	rl-decode --quiet manifest | rl-segment predict --weights $1/weights.safetensors --short-side 96 --quiet | rl-miou |
		jq .metrics.mIoU
}
learn 1 --lr 0 --min-lr 0 --out none
is "$(jq -n "$(score none) < 25")" true "untrained: $(score none) of mIoU"
learn 75 --out run
is "$(jq -n "$(score run) > 60")" true "trained: $(score run)"
done_testing
