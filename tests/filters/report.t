# rl-report: the page's tables from many results.
. "$(dirname "$0")/tap.sh"

report() { rl-report --markdown "$@"; }

# ---- what is printed ----
cat >svm.json <<'END'
{"benchmark":"voc07-svm","name":"random init","metrics":{"mAP":30.544},"layer":"feat4","protocol":{"folds":3,"layers":["feat3","feat4"],"costs":[1]},"setup":{"data":{"train_images":12345,"test_images":4952,"classes":20,"class_names":["a","b"]},"views":{"train":"resize=256 squash=224","test":"resize=256 squash=224"},"network":{"depth":18,"width":64,"precision":"fp32"},"pretraining":{"random_init":4}},"provenance":{"train":{"path":"a/train.tar","digest":"0123456789abcdef","history":[{"tool":"rl-extract","args":[],"inputs":[{"path":"/w/r.safetensors","sha256":"aaaaaaaaaaaabbbb"}]}]},"seed":4,"command":{"tool":"rl-svm","args":["--name","random init"]}}}
{"benchmark":"voc07-svm","name":"relative location","metrics":{"mAP":65.5},"layer":"feat4"}
END
cat >lowshot.json <<'END'
{"benchmark":"voc07-lowshot","name":"relative location","metrics":{"k=96":40,"k=3":2.25},"layer":"feat2"}
END
cat >pretext.json <<'END'

{"benchmark":"pretext","name":"relative location","metrics":{"accuracy":27,"a|b":1.005},"protocol":"eight ways","setup":{"network":{"depth":50,"width":64,"precision":"bf16"}}}
{"benchmark":"mine","name":"<other>`[*]\\","metrics":{"score":5},"setup":{"data":{"train_images":1234567}},"provenance":[{"tool":"rl-mine","args":["it's","`x`","a|b"],"seed":7}]}
END

report svm.json lowshot.json pretext.json >report.md 2>stderr
ok $? "results make a report"
cat >wanted.md <<'END'
### Classification

#### VOC SVM / Low-shot SVM

mAP (%) of linear SVMs on VOC2007 test. Best Layer: the one with the best SVM, of feature1 (the stem) to feature5; k: positive images a class of the Low-shot SVMs on that layer.

| Self-Supervised Method | Best Layer | SVM | k=1 | k=2 | k=4 | k=8 | k=16 | k=32 | k=64 | k=96 |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
| random initᵃᵇᶜᵈ | feature4 | 30.54 |  |  |  |  |  |  |  |  |
| relative locationᵉ | feature4 | 65.50 |  |  |  |  |  |  |  | 40.00ᶠ |

### Not on the Page

#### voc07-lowshot

| Self-Supervised Method | k=3 |
|---|--:|
| relative locationᵉ | 2.25 |

#### pretext

| Self-Supervised Method | accuracy | a\|b |
|---|--:|--:|
| relative locationᵍʰ | 27 | 1.00 |

#### mine

| Self-Supervised Method | score |
|---|--:|
| \<other>\`\[\*]\\ | 5 |

### Notes

The page is MMSelfSup's configs/selfsup/relative_loc/README.md, v0.11.0. A letter says what of a number deviates from its protocol, what is not known of it, or where it was published; at the name of a row it holds for every number in the row.

- ᵃ data: train images 12,345 (page: 5,011), class names a,b (page: aeroplane,bicycle,bird,boat,bottle,bus,car,cat,chair,cow,diningtable,dog,horse,m…)
- ᵇ network: depth 18 (page: 50)
- ᶜ no pretraining: random init, seed 4
- ᵈ protocol: layers feat3,feat4 (page: feat1,feat2,feat3,feat4,feat5), costs 1 (page: 1,10,100,0.0625,0.03125,0.015625,0.0078125,0.00390625,0.001953125,0.0009765625,0…)
- ᵉ not recorded, may deviate: data, network, pretraining, views, protocol
- ᶠ layer: feat2 (page: that of the best SVM)
- ᵍ network: precision bf16 (page: fp32)
- ʰ not recorded, may deviate: pretraining

### Provenance

- random init
  - voc07-svm: feat4; from train.tar 0123456789abcdef, r.safetensors aaaaaaaaaaaa; seed 4; `rl-svm --name 'random init'`
- relative location
  - voc07-svm: feat4
  - voc07-lowshot: feat2
  - pretext: eight ways
- \<other>\`\[\*]\\
  - mine: data: train images 1,234,567; seed 7; `` rl-mine 'it'\''s' '`x`' 'a|b' ``
END
diff report.md wanted.md >stderr
ok $? "as documented"
cat svm.json lowshot.json pretext.json | report | cmp -s - report.md
ok $? "standard input does as well"
cat lowshot.json pretext.json | report svm.json - | cmp -s - report.md
ok $? "and may be named -"
is "$(report lowshot.json svm.json | grep '^| r' | head -2 | tail -1)" "| random initᶜᵈᵉᶠ | feature4 | 30.54 |  |  |  |  |  |  |  |  |" \
	"rows and letters are in the order in which they come"

for i in $(seq 52); do
	echo '{"benchmark":"pretext","name":"'$i'","metrics":{"accuracy":1},"setup":{"network":{"depth":50,"width":'$i',"precision":"fp32"},"pretraining":{"random_init":0}}}'
done >many.json
is "$(report many.json | grep -o 'width [0-9]* ' | sort -u | wc -l) $(report many.json | grep '^| \(1\|2\|26\|52\)[^0-9]' | tr -d '\n')" \
	"52 | 1ᵃᵇ | 1 || 2ᵇᶜ | 1 || 26ᵇᵇ² | 1 || 52ᵇᶜ³ | 1 |" "more notes than letters"

# ---- what the page's protocol is ----
# The configurations of MMSelfSup v0.11.0, here once more and apart from the program.
cat >protocols.jq <<'END'
def setup($data; $train; $test): {
	data: ($data | {train_images: .[0], test_images: .[1], classes: .[2]}), views: {train: $train, test: $test},
	network: {depth: 50, width: 64, precision: "fp32"},
	pretraining: {task: "relative location", images: 1281167, view: "resize=292 random-crop=255 grey=0.66 patches=64",
		epochs: 70, batch: 512, statistics: 64, optimizer: "sgd", lr: 0.2, momentum: 0.9, weight_decay: 1e-4,
		head_weight_decay: 5e-4, head_lr: 1, warmup: 5, warmup_ratio: 0.1, steps: "30,50", of_epochs: 70, gamma: 0.1,
		hidden: 4096, dropout: 0.5, neck_momentum: 0.003, precision: "fp32", precise_bn: 0}};
def sgd($epochs; $steps; $lr; $decay): {epochs: $epochs, of_epochs: $epochs, batch: 256, statistics: 256, momentum: 0.9, warmup: 0,
	warmup_ratio: 0.1, steps: $steps, gamma: 0.1, lr: $lr, weight_decay: $decay};
def multi($epochs; $steps): sgd($epochs; $steps; 0.01; 1e-4) + {optimizer: "nesterov"};
def semi($decay): sgd(20; "12,16"; 0.01; $decay) + {optimizer: "sgd", gamma: 0.2,
	settings: [[0.1, 0.01, 0.001] | .[] as $lr | [1, 10, 100][] | "\($lr)x\(.)"] | sort};
def fixed($batch; $lr; $decay): {optimizer: "sgd", batch: $batch, lr: $lr, momentum: 0.9, weight_decay: $decay};
def detector($of; $steps; $warmup): fixed(16; 0.02; 1e-4) + {statistics: 16, regions: 512, of_epochs: $of, steps: $steps,
	warmup: $warmup, warmup_ratio: 0.001, gamma: 0.1};
def fcn($batch; $iterations; $side; $corners): fixed($batch; 0.01; 5e-4) + {statistics: $batch, model: "fcn", $iterations,
	size: "\($side)x\($side)", align_corners: $corners, power: 0.9, min_lr: 1e-4};
"resize=256 squash=224" as $squash | "resize=256 center-crop=224" as $middle | "random-resized-crop=224 flip" as $crop |
[1281167, 50000, 1000] as $imagenet | ([1, 10, 100] + [range(4; 20) | pow(0.5; .)]) as $costs |
["aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog", "horse", "motorbike",
	"person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"] as $names |
["feat1 top-1", "feat2 top-1", "feat3 top-1", "feat4 top-1", "feat5 top-1"] as $features |
(setup([5011, 4952, 20]; $squash; $squash) | .data.class_names = $names) as $voc |
{benchmark: "pretext", columns: ["accuracy"], setup: setup([null, 100, null]; ""; "")},
{benchmark: "voc07-svm", columns: ["mAP"], layer: "feat4", setup: $voc,
	protocol: {layers: ["feat1", "feat2", "feat3", "feat4", "feat5"], folds: 3, costs: $costs}},
{benchmark: "voc07-lowshot", columns: ["k=1", "k=2", "k=4", "k=8", "k=16", "k=32", "k=64", "k=96"], layer: "feat4", setup: $voc,
	protocol: {samples: 5, costs: $costs}},
{benchmark: "imagenet-linear", columns: $features, setup: (setup($imagenet; $crop + " color-jitter=0.4,0.4,0.4 lighting"; $middle)
	+ {training: multi(90; "30,60")})},
{benchmark: "imagenet-avgpool", columns: ["avgpool top-1"], setup: (setup($imagenet; $crop; $middle)
	+ {training: (sgd(100; "60,80"; 30; 0) + {optimizer: "sgd"})})},
{benchmark: "places205-linear", columns: $features, setup: (setup([2448873, 20500, 205];
	"resize=256 center-crop=256 random-crop=224 flip"; $middle) + {training: multi(28; "7,14,21")})},
{benchmark: "inat18-linear", columns: $features, setup: (setup([437513, 24426, 8142]; $crop; $middle)
	+ {training: multi(84; "24,48,72")})},
{benchmark: "imagenet-knn", columns: ["k=10", "k=20", "k=100", "k=200"], layer: "avgpool", setup: setup($imagenet; $middle; $middle),
	protocol: {temperature: 0.07, leave_self_out: false, whitening: "none"}},
{benchmark: "imagenet-1percent", columns: ["top-1", "top-5"], setup: (setup([12811, 50000, 1000]; $crop; $middle) + {training: semi(5e-4)})},
{benchmark: "imagenet-10percent", columns: ["top-1", "top-5"], setup: (setup([128116, 50000, 1000]; $crop; $middle) + {training: semi(1e-4)})},
{benchmark: "voc0712-detection", columns: ["AP50 11-point"], setup: (setup([16551, 4952, 20];
	"multi-resize=480,512,544,576,608,640,672,704,736,768,800:1333 flip"; "multi-resize=800:1333")
	+ {training: (detector(24000; "18000,22000"; 100) + {model: "faster-rcnn-c4", iterations: 24000})})},
{benchmark: "coco-detection", columns: ["box AP", "box AP50", "box AP75", "mask AP", "mask AP50", "mask AP75"],
	setup: (setup([117266, 5000, 80]; "multi-resize=640,672,704,736,768,800:1333 flip"; "multi-resize=800:1333")
	+ {training: (detector(87960; "58640,80630"; 1000) + {model: "mask-rcnn-fpn", epochs: 12})})},
{benchmark: "voc12aug-segmentation", columns: ["mIoU"], setup: (setup([10582, 1449, 21];
	"ratio-resize=2048x512,0.5,2 class-crop=512 flip photometric"; "multi-resize=512:2048")
	+ {training: fcn(16; 20000; 512; false)})},
{benchmark: "cityscapes-segmentation", columns: ["mIoU"], setup: (setup([2975, 500, 19];
	"ratio-resize=2049x1025,0.5,2 class-crop=769 flip photometric"; "multi-resize=1025:2049 windows=769,513")
	+ {training: fcn(8; 40000; 769; true)})} |
.name = "ours" | .metrics = (.columns | to_entries | map({key: .value, value: (.key + 1.5)}) | from_entries) | del(.columns)
END
jq -nc -f protocols.jq >conforming.json
report conforming.json >conforming.md
is "$(wc -l <conforming.json) $(grep '^### ' conforming.md | tr '\n' ' ')$(grep -c '^| ours | ' conforming.md)" \
	"14 ### Classification ### Detection ### Segmentation ### Not on the Page ### Provenance 11" \
	"what conforms to the page's protocols has no mark"
is "$(grep '^| ours' conforming.md | head -2)" "| ours | feature4 | 1.50 | 1.50 | 2.50 | 3.50 | 4.50 | 5.50 | 6.50 | 7.50 | 8.50 |
| ours | 1.50 | 2.50 | 3.50 | 4.50 | 5.50 | 1.50 |" "results meet in the tables of the page"
is "$(grep '^#### ' conforming.md | cut -c6- | tr '\n' ';')" "VOC SVM / Low-shot SVM;ImageNet Linear Evaluation;Places205 Linear Evaluation;iNaturalist2018 Linear Evaluation;ImageNet Nearest-Neighbor Classification;ImageNet Semi-Supervised Classification;Pascal VOC 2007 + 2012;COCO2017;Pascal VOC 2012 + Aug;Cityscapes;pretext;" \
	"in its order"

# Each fact of each protocol, changed and left out.
jq -c '. as $r | [paths(scalars) | map(if type == "number" then 0 else . end)] | unique[] as $p
	| select($p[0] == "setup" or $p[0] == "protocol" or ($r.benchmark == "imagenet-knn" and $p == ["layer"]))
	| select(($p[0:2] == ["setup", "training"] and $p[2] == "warmup_ratio" and ($r.benchmark | test("detection") | not)) | not)
	| select($p[1] != "views" or ($r | getpath($p)) != "")
	| select(($r.benchmark == "imagenet-avgpool" and $p[-1] == "statistics" and $p[1] == "training") | not)
	| select((($r.benchmark | test("percent")) and $p[1:] == ["training", "lr"]) | not)
	| select(($r.benchmark == "pretext" and $p[1] == "data") | not)
	| ($r | setpath($p; "another")), (if $p[-1] == 0 then empty else $r | delpaths([$p]) end)
	| if .benchmark == "voc07-lowshot" then del(.layer) else . end' conforming.json | jq -nc 'foreach inputs as $r (0; . + 1; . as $n | $r | .name = "row \($n)")' >deviating.json
n=$(wc -l <deviating.json)
is "$(report deviating.json | sed '/^### Notes/,$d' | grep '^| row' | cut -d' ' -f3 | LC_ALL=C grep -c '^[0-9]*[^0-9]')" $n "each of $n deviations is marked"
[ $n -gt 700 ]
ok $? "which are many"

deviations() { jq -c "$@" | report | sed -n 's/^- \(ᵃ\|ᵇ\|ᶜ\) //p' | grep -v "^published" | head -3; }
of() { grep "\"benchmark\":\"$1\"" conforming.json; }
is "$(of imagenet-linear | deviations '.setup.training |= (.epochs = 1 | .batch = 32 | .lr = 0.00125)')" \
	"training: epochs 1 (page: 90), batch 32 (page: 256), lr 0.00125 (page: 0.01)" "deviations of one kind are one note"
is "$(of imagenet-knn | deviations '.protocol.whitening = {"kind":"Cholesky"} | .layer = "feat5"')" \
	'protocol: whitening {"kind":"Cholesky"} (page: none)
layer feat5 (page: avgpool)' "those of several, several"
is "$(of imagenet-knn | deviations 'del(.setup.pretraining)')" "not recorded, may deviate: pretraining" "weights that do not say how they came about"
is "$(of imagenet-linear | deviations '.setup.training = 7 | .setup.views.test = null')" \
	"views: test null (page: resize=256 center-crop=224)
not recorded, may deviate: training" "facts of another type"
is "$(of voc07-lowshot | deviations .)" "layer: feat4 (page: that of the best SVM)" "without the SVM nobody knows the best layer"

# ---- published numbers ----
report svm.json --published "$top/pipelines/published.json" >published.md 2>stderr
ok $? "published rows are added"
is "$(grep -c '^####' published.md)" 1 "to the tables that have results"
is "$(grep '^| R.*65.52' published.md)" "| Relative location, MMSelfSupᶠ | feature4 | 65.52 | 20.36 | 23.12 | 30.66 | 37.02 | 42.55 | 50.00 | 55.58 | 59.28 |" \
	"with their numbers"
grep -q '^- ᶠ published: MMSelfSup .*README' published.md
ok $? "and their sources"
report --published "$top/pipelines/published.json" </dev/null >all.md
is "$(grep 'MMSelfSup.*[0-9] |$\|MMSelfSup.*ᵈ |$' all.md)" "| Relative location, MMSelfSupᵃ | feature4 | 65.52 | 20.36 | 23.12 | 30.66 | 37.02 | 42.55 | 50.00 | 55.58 | 59.28 |
| Relative location, MMSelfSupᵃ | 15.11 | 30.47 | 42.83 | 51.20 | 40.96 | 39.65ᵈ |
| Relative location, MMSelfSupᵃ | 20.69 | 34.72 | 43.01 | 45.97 | 41.96 |
| Relative location, MMSelfSupᵃ | 14.5 | 15.0 | 15.0 | 14.2 |
| Relative location, MMSelfSupᵃ | 79.70 |
| Relative location, MMSelfSupᵃ | 37.5 | 56.2 | 41.3 | 33.7 | 53.3 | 36.1 |
| Relative location, MMSelfSupᵃ | 63.49 |" "without results the whole page"
is "$(grep -c 'OpenSelfSup' all.md) $(grep '^| Relative location, OpenSelfSup' all.md | tail -n +4 | head -3)" \
	"24 | Relative location, OpenSelfSupᵇ | 16.48 | 40.37 | 53.86 | 79.62 |
| Relative location, OpenSelfSupᵇᵉ | 80.36 |
| Relative location, OpenSelfSupᵇᶠ | 40.0 | 59.6 | 43.5 | 35.0 | 56.5 | 37.3 |" "and what was published elsewhere"
echo '{"random init":{"source":"here","voc07-svm":{"metrics":{"mAP":1}}}}' >published.json
is "$(report svm.json --published published.json | grep -c '^| random init')" 2 "a published row is never one of ours"

# ---- what is refused ----
fails 1 'svm.json:1: a second number for row "random init", column "voc07-svm mAP"' "a cell is filled once" report svm.json svm.json
bad() {
	echo "$1" >bad.json
	fails 1 "bad.json:1: $2" "$3" report bad.json
}
bad '{"benchmark":"x","name":"y","metrics":{"m":"high"}}' '"m" is not a number' "a metric that is no number"
bad '{"benchmark":"x","name":"y","metrics":{"m":NaN}}' "not JSON" "one that is not finite"
bad '{"benchmark":"x","name":"y","metrics":{"m":1e999}}' "not JSON" "one that is too large"
bad '{"benchmark":"x","name":"y","metrics":3}' "the metrics are not an object" "metrics that are none"
bad '{"benchmark":"x","name":"y"}' 'no member "metrics"' "no metrics"
bad '{"benchmark":"x","name":"y","metrics":{},"layer":4}' '"layer" is not a string' "a layer that is no name"
bad '{"name":"y","metrics":{}}' 'no member "benchmark"' "no benchmark"
bad '{"benchmark":"x","metrics":{}}' 'no member "name"' "no name"
printf '\n{"benchmark"' >bad.json
fails 1 "bad.json:2: not JSON" "half a line" report bad.json
printf '\0\n' >bad.json
fails 1 "bad.json:1: not JSON" "binary input" report bad.json
fails 1 "nowhere: open" "no such file" report nowhere
fails 1 "stdin:1: not JSON" "binary input on standard input" report <bad.json
fails 1 "no result in the input" "nothing to show" report /dev/null
published() {
	echo "$1" >published.json
	fails 1 "published.json: $2" "$3" report svm.json --published published.json
}
published '{"row":{"voc07-svm":{"metrics":{"mAP":1}}}}' 'no member "source"' "published numbers need a source"
published '{"row":{"source":"x","voc07-svm":{"mAP":1}}}' 'no member "metrics"' "and metrics"
published '{"row":{"source":"x","voc07-svm":{"metrics":{"mAP":1},"note":1}}}' '"note" is not a string' "and notes that are text"
published '[]' "not an object of rows" "published rows of another kind"
fails 1 "missing.json: open: No such file" "published numbers that are not there" report svm.json --published missing.json
fails 2 "one of --markdown and --html is needed" "no format" rl-report svm.json
fails 2 "one of --markdown and --html is needed" "two formats" rl-report --markdown --html svm.json
fails 1 "stdout: write" "a full disk" sh -c 'exec rl-report --markdown svm.json >/dev/full'

# Names with line breaks stay in their cells.
jq -nc '{benchmark: "x\ny", name: "a\nb", metrics: {"m\tn": 1}, layer: "feat\n1", provenance: {command: {tool: "t\n", args: ["u\nv", 3]}}}' >odd.json
is "$(report odd.json | tr '\n' '~')" '### Not on the Page~~#### x y~~| Self-Supervised Method | m n |~|---|--:|~| a b | 1 |~~### Provenance~~- a b~  - x y: feat 1; `'"'t ' 'u v' '?'"'`~' \
	"whatever the names"

# Shares keep the digits that tell them apart.
echo '{"benchmark":"x","name":"a","metrics":{"share":0.021,"chance":0.01212,"finds":3,"percent":12.346,"some":0.5}}
{"benchmark":"x","name":"b","metrics":{"share":0,"chance":1e-9,"finds":4,"percent":0.5,"some":7}}' >shares.json
is "$(report shares.json | grep '^| [ab] ')" "| a | 0.0210 | 0.0121 | 3 | 12.35 | 0.5000 |
| b | 0.0000 | 0.0000 | 4 | 0.50 | 7.0000 |" "two decimals; four where all that are not whole are below 1"
done_testing
