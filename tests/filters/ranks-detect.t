# rl-detect on two ranks with common batch statistics: the run of one rank with both images, and the same bits again.
# Of Faster R-CNN: each image has as many regions, and no loss is an average over what the ranks have differently many of.
. "$(dirname "$0")/tap.sh"
. "$top/tests/filters/ranks.sh"

rl-synth --out world --layout coco --images 8 --size 224x192 --seed 3 --quiet
rl-list coco world --set train2017 --for-training >list
detect="rl-detect train --model faster-rcnn-c4 --random-init 5 --arch resnet18 --width 8 --accumulate 1 --lr 0.01
	--lr-batch 2 --warmup 0 --regions 32 --precision fp32 --log-every 1 --checkpoint-every 1 --keep 99 --quiet"
pipe() { rl-decode --epochs 1 --augment flip --quiet list | $detect --batch 2 "$@"; }
cat >rank.sh <<'E2'
rl-decode --epochs 1 --augment flip --shard $OMPI_COMM_WORLD_RANK/2 --quiet list | "$@"
E2
ranks() { timeout 300 mpirun --bind-to none -n 2 sh rank.sh $detect --batch 1 "$@"; }
moved() { way $1/checkpoint-$3.safetensors $2/checkpoint-$3.safetensors init.safetensors; }

pipe --lr 0 --out still 2>stderr
starting_point still/checkpoint-1.safetensors >init.safetensors
pipe --out one 2>stderr
ranks --sync-bn --out two 2>stderr
is "$? $(grep -c '^rl-' stderr)" "0 0" "two ranks"
below "$(moved one two 1)" 1e-3 1e-4
ok $? "take the step of one with both images: $(moved one two 1)"
is "$(jq -s 'first | [.rpn_class, .rpn_box, .class, .box] | map(. * 1e4 | round)' -c two/log.jsonl)" \
	"$(jq -s 'first | [.rpn_class, .rpn_box, .class, .box] | map(. * 1e4 | round)' -c one/log.jsonl)" "with its losses"
ranks --out own 2>stderr
! below "$(moved one own 1)" 0.1 1
ok $? "with statistics of their own they take another: $(moved one own 1)"
ranks --sync-bn --out again 2>stderr
is "$(tensors again/weights.safetensors)" "$(tensors two/weights.safetensors)" "the same job gives the same bits"
done_testing
