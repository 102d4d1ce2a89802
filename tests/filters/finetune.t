# Fine-tuning: it learns, resumes to the same bits, scores what it saved, and refuses what does not fit.
. "$(dirname "$0")/tap.sh"

rl-synth --out world --layout imagefolder --images 48 --val 24 --seed 3 --quiet
rl-list imagefolder world/train >train.list
rl-list imagefolder world/val >val.list
net="--random-init 5 --arch resnet18 --width 8"
play() { rl-decode --epochs "$1" --shuffle --augment 'resize=72 center-crop=64' --quiet train.list; }
view() { rl-decode --augment 'resize=72 center-crop=64' --quiet "$@"; }
tune() { rl-finetune $net --val val.tar --batch 16 --accumulate 1 --lr-batch 16 --log-every 3 --quiet "$@"; }
play 6 >play.tar
view val.list >val.tar
view train.list >seen.tar

tune --out run --lr 0.05 <play.tar >one.json 2>stderr
ok $? "trains"
is "$(jq -c '[.benchmark, (.metrics | keys)]' one.json)" '["finetune",["top-1","top-5"]]' "the result says what it is"
is "$(jq -cS '.setup | del(.network.precision)' one.json)" "$(jq -cSn --argjson n "$(wc -l <train.list)" --argjson val "$(wc -l <val.list)" \
	--argjson classes "$(jq -r .class train.list | sort -u | wc -l)" '{
	data: {train_images: $n, test_images: $val, classes: $classes},
	views: {train: "resize=72 center-crop=64", test: "resize=72 center-crop=64"},
	network: {depth: 18, width: 8}, pretraining: {random_init: 5},
	training: {epochs: 6, batch: 16, statistics: 16, optimizer: "sgd", lr: 0.05, momentum: 0.9, weight_decay: 0.0005,
		warmup: 0, warmup_ratio: 0.1, steps: "12,16", of_epochs: 20, gamma: 0.2}}')" "and what it is made of"
is "$(jq -s 'last.loss < first.loss' run/log.jsonl)" true "the loss falls"
rl-weights import run/weights.safetensors --out trunk.safetensors 2>stderr
rl-extract --weights trunk.safetensors --layers avgpool --quiet <val.tar >features.tar
is "$(jq -cS '.metrics | map_values(. * 1e6 | round / 1e6)' one.json)" \
	"$(/usr/bin/python3 "$top/tests/filters/linear-twin.py" run/weights.safetensors features.tar | jq -cS 'map_values(. * 1e6 | round / 1e6)')" \
	"top-1 and top-5 are those of numpy on rl-extract's features"
is "$(rl-weights show run/weights.safetensors | grep -c 'fc\.\(weight\|bias\)')" 2 "the network is saved with its head, as torchvision names it"

tune --out whole <play.tar >whole.json 2>stderr
head -c $(($(stat -c %s play.tar) / 2)) play.tar >half.tar
tune --out again <half.tar >stdout 2>stderr
is "$? $(ls again | grep -c weights)" "1 0" "a stream that breaks off ends the run, and no weights are written"
tune --resume again <play.tar >again.json 2>stderr
is "$(tensors whole/weights.safetensors)" "$(tensors again/weights.safetensors)" "resumed, it ends in the same bits"
is "$(jq -c .metrics again.json)" "$(jq -c .metrics whole.json)" "and in the same result"

fails 2 "--val is missing" "no validation stream" rl-finetune $net --out no <play.tar
rl-decode --augment 'resize=72 center-crop=48' --quiet val.list >small.tar
fails 1 "small.tar: images of 48x48, the training's are 64x64" "a validation stream of another size" tune --out no --val small.tar <play.tar
fails 1 "where 3 are expected" "another number of classes" tune --out no --classes 3 <play.tar
fails 1 "no.tar: open" "no such stream" tune --out no --val no.tar <play.tar
fails 1 "does not say how many samples and epochs" "a stream without epochs" tune --out no <seen.tar
key=$(sed -n 9p train.list | jq -r .key)
sed -n 9p train.list | cat val.list - | view >mixed.tar
fails 1 "rl-finetune: $key: is among the images to train on and those to test on" "one image for both" \
	tune --out shared --val mixed.tar <play.tar
[ ! -e no ]
ok $? "what was refused has left nothing"
done_testing
