# rl-segment on two ranks with common batch statistics: the run of one rank with both images, and the same bits again.
. "$(dirname "$0")/tap.sh"
. "$top/tests/filters/ranks.sh"

rl-synth --out world --layout voc --year 2012 --images 6 --size 96x80 --seed 3 --quiet
rl-list voc12aug world --set train >list 2>stderr
segment="rl-segment train --random-init 5 --arch resnet18 --width 8 --size 96x80 --accumulate 1 --lr-batch 2 --precision fp32
	--log-every 1 --checkpoint-every 1 --keep 99 --quiet"
# In the third step the second rank has no image: it takes part with nothing.
head -5 list >five
awk '{ print >"five" (NR - 1) % 2 }' five
cat >rank.sh <<'E2'
rl-decode --epochs 1 --augment flip --quiet ${LIST-five}$OMPI_COMM_WORLD_RANK | "$@"
E2
ranks() { timeout 300 mpirun --bind-to none -n 2 sh rank.sh $segment --batch 1 "$@"; }
moved() { way $1/checkpoint-$3.safetensors $2/checkpoint-$3.safetensors init.safetensors; }
losses() { jq -c '[.step, (.decode, .auxiliary | . * 1e4 | round)]' $1/log.jsonl; }

sh rank.sh $segment --batch 2 --lr 0 --min-lr 0 --out still 2>stderr
starting_point still/checkpoint-1.safetensors >init.safetensors
sh rank.sh $segment --batch 2 --out one 2>stderr
ranks --sync-bn --out two 2>stderr
is "$? $(grep -c '^rl-' stderr)" "0 0" "two ranks"
below "$(moved one two 1)" 1e-3 1e-4
ok $? "take the step of one with both images: $(moved one two 1)"
below "$(moved one two 3)" 1e-2 1e-3
ok $? "and the next ones, the last of which only one has an image for: $(moved one two 3)"
is "$(losses two)" "$(losses one)" "with its losses"
ranks --out own 2>stderr
! below "$(moved one own 1)" 0.1 1
ok $? "with statistics of their own they take another: $(moved one own 1)"
ranks --sync-bn --out again 2>stderr
is "$(tensors again/weights.safetensors)" "$(tensors two/weights.safetensors)" "the same job gives the same bits"

# In the first step no pixel has a class.
PYTHONPATH=$top/tests/filters /usr/bin/python3 -c "
import numpy
__import__('label-files').png('none.png', numpy.full((80, 96), 255))"
{ head -2 list | jq -c '.segmentation.path = "none.png"' && sed -n '3,4p' list; } | awk '{ print >"blank" (NR - 1) % 2 }'
LIST=blank ranks --sync-bn --out blank 2>stderr
is "$? $(jq -sc 'map(.loss | type)' blank/log.jsonl)" '0 ["null","number"]' "a step without a class on any rank"
done_testing
