# Linear probes by SGD: what is trained, tested, resumed and refused.  rl-linear exact: see exact.t.
. "$(dirname "$0")/tap.sh"

rl-synth --out world --layout imagefolder --images 60 --val 60 --seed 3 --quiet
net="--random-init 5 --arch resnet18 --width 8"
rl-list imagefolder world/train >train.list
rl-list imagefolder world/val >val.list
classes=$(jq -r .class train.list | sort -u | wc -l)
play() { rl-decode --epochs "$1" --shuffle --augment 'random-resized-crop=176 flip color-jitter=0.4,0.4,0.4 lighting' --quiet train.list; }
view() { rl-decode --short-side 200 --augment center-crop=176 --quiet "$@"; }
train() { rl-linear train $net --lr 0.002 --batch 16 --lr-batch 16 --recipe-epochs 4 --steps 3 --log-every 4 --quiet "$@"; }
play 4 >play.tar
view val.list >view.tar
rl-extract $net --quiet <view.tar >features.tar

for heads in multi avgpool; do
	train --heads $heads --out $heads <play.tar 2>stderr
	ok $? "$heads: trains"
	rl-linear test $net --probe $heads/weights.safetensors --quiet <view.tar >$heads.json 2>stderr
	ok $? "$heads: is tested"
	is "$(jq -cS '.metrics | map_values(. * 1e6 | round / 1e6)' $heads.json)" \
		"$(/usr/bin/python3 "$top/tests/filters/linear-twin.py" $heads/weights.safetensors features.tar | jq -cS 'map_values(. * 1e6 | round / 1e6)')" \
		"$heads: top-1 and top-5 are those of numpy on rl-extract's features"
	rl-linear test $net --probe $heads/weights.safetensors --batch 5 --quiet <view.tar | jq -cS .metrics >once.json
	is "$(cat once.json)" "$(jq -cS .metrics $heads.json)" "$heads: whatever the batch"
done
is "$(jq -s -c 'last | [.loss - ([.["loss.\(range(1; 6))"]] | add), .accuracy - ([.["accuracy.\(range(1; 6))"]] | add) / 5] | map(fabs < 1e-6)' multi/log.jsonl)" "[true,true]" \
	"the log has each head's loss and accuracy, their sum and mean"
rl-decode --epochs 8 --shuffle --short-side 200 --augment center-crop=176 --quiet train.list |
	train --heads multi --out learns 2>stderr
is "$(jq -s '[range(1; 6) as $i | last["loss.\($i)"] < first["loss.\($i)"] and last["accuracy.\($i)"] > first["accuracy.\($i)"]] | all' learns/log.jsonl)" true \
	"on images that stay as they are every head's loss falls and its accuracy rises"
is "$(jq -c '[.benchmark, (.provenance.train | length > 0)]' multi.json)" '["linear",true]' "the result says what it is"
is "$(jq -cS '.setup | del(.network.precision)' multi.json)" "$(jq -cSn --argjson train "$(wc -l <train.list)" \
	--argjson val "$(wc -l <val.list)" --argjson classes "$classes" '{
	data: {train_images: $train, test_images: $val, classes: $classes},
	views: {train: "random-resized-crop=176 flip color-jitter=0.4,0.4,0.4 lighting", test: "resize=200 center-crop=176"},
	network: {depth: 18, width: 8}, pretraining: {random_init: 5},
	training: {epochs: 4, batch: 16, statistics: 16, optimizer: "nesterov", lr: 0.002, momentum: 0.9, weight_decay: 0.0001,
		warmup: 0, warmup_ratio: 0.1, steps: "3", of_epochs: 4, gamma: 0.1}}')" \
	"and what it is made of"

# ---- the same run, broken off ----
head -c $(($(stat -c %s play.tar) / 2)) play.tar >half.tar
train --heads multi --out again <half.tar 2>stderr
is "$? $(ls again | grep -c weights)" "1 0" "a stream that breaks off ends the run, and no weights are written"
train --heads multi --resume again <play.tar 2>stderr
is "$(tensors multi/weights.safetensors)" "$(tensors again/weights.safetensors)" "resumed, it ends in the same bits"

# ---- what is refused ----
fails 1 "trained on another backbone: random_init 5" "heads of another network" \
	rl-linear test --random-init 6 --arch resnet18 --width 8 --probe multi/weights.safetensors --quiet <view.tar
fails 1 "head: $classes classes, where 3 are expected" "another number of classes" train --classes 3 --out no <play.tar
view <(jq -c 'del(.label, .nclass, .class)' val.list) >unlabelled.tar
fails 1 "no field label" "images without labels" \
	rl-linear test $net --probe multi/weights.safetensors --quiet <unlabelled.tar
rl-decode --epochs 1 --quiet train.list >sizes.tar
fails 1 "images are not of one size" "images of many sizes" train --out no <sizes.tar
rl-decode --epochs 1 --size 96x160 --quiet train.list >small.tar
fails 1 "stdin: images of 96x160: too small for feat5, which takes 161 pixels a side" "images too small for the heads" train --out no <small.tar
view train.list >once.tar
fails 1 "does not say how many samples and epochs" "a stream without epochs" train --out no <once.tar
fails 1 "a stream of features, not of images" "features" \
	rl-linear test $net --probe multi/weights.safetensors --quiet <features.tar
fails 2 "--probe is missing" "test without heads" rl-linear test $net <view.tar
fails 2 "need one of --weights and --random-init" "no network" rl-linear train --out no <play.tar
fails 2 "command: guess: must be one of train, test, exact" "another command" rl-linear guess
fails 2 "want a command" "no command" rl-linear
is "$(rl-linear --help | head -1)" "usage: rl-linear train | test | exact [options]" "--help needs none"
[ ! -e no ]
ok $? "what was refused has left nothing"
done_testing
