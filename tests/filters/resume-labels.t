# rl-linear train and rl-finetune, killed or stopped at any moment, go on and end in the same bytes.
. "$(dirname "$0")/tap.sh"

rl-synth --out world --layout imagefolder --images 22 --val 12 --seed 3 --quiet
rl-list imagefolder world/train | sed "s|world/|$scratch/&|" >list
rl-list imagefolder world/val | rl-decode --augment 'resize=72 center-crop=64' --quiet >val.tar
list=$scratch/list val=$scratch/val.tar
both="--random-init 5 --arch resnet18 --width 8 --batch 4 --lr-batch 4 --log-every 1 --quiet"
play() {
	rl-decode --epochs 4 --shuffle --quiet --start "$($trainer --resume run --where)" \
		--augment "random-resized-crop=$side flip color-jitter=0.4,0.4,0.4 lighting" "$list"
}
pipeline() {
	play | held | {
		echo $BASHPID >pid
		exec $trainer --resume run "$@"
	}
}
. "$top/tests/filters/resume.sh" play pipeline trainer side list hold_after

# An epoch is five steps of four images and one of two.
trainer="rl-linear train" side=176 hold_after=4500000
how="$both --lr 0.01 --threads 2 --checkpoint-every 3"
killed multi 2 "$how"
signalled multi.int INT group multi "$how"
signalled multi.term TERM trainer multi "$how"
killed avgpool 2 "$how --heads avgpool --checkpoint-every 1"

# And here two of eight and one of six.
trainer=rl-finetune side=64 hold_after=800000
how="$both --val $val --accumulate 2 --lr 0.01 --threads 1 --checkpoint-every 2"
killed tune 2 "$how"
is "$(jq -r .setup.data.test_images whole-tune/json)" 12 "tune: the result is of all validation images"
signalled tune.int INT group tune "$how"
signalled tune.term TERM trainer tune "$how"
done_testing
