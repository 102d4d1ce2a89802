# The exact linear probe: the optimum, the choice of the weight decay, and what is refused.
. "$(dirname "$0")/tap.sh"

PATH=$PATH:${RL_BIN:-$top/bin}/../obj/tests
make-features 1 300 4 avgpool=24 feat5=40 label >train.tar
make-features 2 120 4 avgpool=24 feat5=40 label >test.tar

rl-linear exact --train train.tar --test test.tar --quiet >all.json 2>stderr
ok $? "two layers, six weight decays"
is "$(jq -c '[.benchmark, (.metrics | keys), (.layers.avgpool.grid | length)]' all.json)" \
	'["linear-exact",["avgpool top-1","avgpool top-5","feat5 top-1","feat5 top-5"],6]' "the result has each layer and the whole grid"
is "$(jq -c '.layers.avgpool as $l | [$l.top1, $l.top5] == [.metrics["avgpool top-1", "avgpool top-5"]]' all.json)" true \
	"metrics are those of the chosen weight decay"
is "$(jq '[.layers[].grid[].fit | .converged and .gradient <= 1e-5] | all' all.json)" true "every fit is at its optimum"
is "$(jq '.layers.avgpool.grid | [.[].fit.loss] | . == (sort | reverse)' all.json)" true \
	"less decay, less loss: the path is that of one convex problem"
rl-linear exact --train train.tar --test test.tar --threads 1 --quiet | jq -c .metrics >one
is "$(cat one)" "$(jq -c .metrics all.json)" "one thread finds the same"

fails 1 "the same data" "testing on what was trained on" rl-linear exact --train train.tar --test train.tar --quiet
rl-cat --slice 7:19 test.tar | cat train.tar - >mixed.tar
fails 1 "test.tar: 12 images are in mixed.tar, too, the first is 200007: testing on what was trained on" \
	"training with some of the test images" rl-linear exact --train mixed.tar --test test.tar --quiet
fails 2 "must descend" "weight decays out of order" \
	rl-linear exact --train train.tar --test test.tar --weight-decay 1e-3,1 --quiet
fails 1 "but --classes 3" "too few classes" rl-linear exact --train train.tar --test test.tar --classes 3 --quiet
fails 2 "--train and --test are needed" "no streams" rl-linear exact
head -c 20000 test.tar >cut.tar
fails 1 "cut.tar" "a cut stream" rl-linear exact --train train.tar --test cut.tar --quiet
make-features 1 300 4 avgpool=24 >unlabelled.tar
fails 1 "label" "features without class numbers" rl-linear exact --train unlabelled.tar --test test.tar --quiet
done_testing
