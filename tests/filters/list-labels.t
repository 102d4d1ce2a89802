# rl-list: ImageNet, Places205, iNaturalist 2018, and everything that must not get past it.
. "$(dirname "$0")/tap.sh"

file() { # PATH...: files with something in them
	for path; do mkdir -p "$(dirname "$path")" && echo x >"$path"; done
}
edit() { # FILE JQ-FILTER
	jq -c "$2" "$1" >edited && mv edited "$1"
}

# ---- ImageNet -----------------------------------------------------------------------------------
fresh() {
	rm -rf in
	file in/train/n01/n01_{1,2}.JPEG in/train/n02/n02_7.JPEG in/val/n01/ILSVRC2012_val_3.JPEG in/val/n02/ILSVRC2012_val_1.JPEG
	file flat/val/ILSVRC2012_val_{1,2}.JPEG
	mkdir -p in/meta
	printf 'n01/n01_1.JPEG 0\nn02/n02_7.JPEG 1\nn01/n01_2.JPEG 0\n' >in/meta/train.txt
}
imagenet() { rl-list imagenet in --classes 2 "$@"; }
fresh
imagenet --set train >train.txt 2>stderr
ok $? "ImageNet's tree"
is "$(cat train.txt)" '{"key":"train/n01/n01_1","path":"in/train/n01/n01_1.JPEG","label":0,"nclass":2,"class":"n01"}
{"key":"train/n01/n01_2","path":"in/train/n01/n01_2.JPEG","label":0,"nclass":2,"class":"n01"}
{"key":"train/n02/n02_7","path":"in/train/n02/n02_7.JPEG","label":1,"nclass":2,"class":"n02"}' "lines as documented"
imagenet --set train --list in/meta/train.txt | cmp -s - train.txt
ok $? "its list gives the same bytes"
is "$(imagenet --set val 2>stderr | jq -c '[.key, .label]'; cat stderr)" '["val/n01/ILSVRC2012_val_3",0]
["val/n02/ILSVRC2012_val_1",1]' "a tree to validate on"
rm -r in/val && cp -r flat/val in/val
fails 1 "in/val: no class folders in it: of a flat folder --list FILE says" "a flat folder without its list" imagenet --set val
printf 'ILSVRC2012_val_2.JPEG 0\r\n\nILSVRC2012_val_1.JPEG 1' >in/meta/val.txt
is "$(imagenet --set val --list in/meta/val.txt 2>stderr | jq -c '[.key, .label, .class]'; cat stderr)" \
	'["val/ILSVRC2012_val_1",1,"n02"]
["val/ILSVRC2012_val_2",0,"n01"]' "a flat folder and its list, classes named by the training folders"
rm -r in/train
is "$(imagenet --set val --list in/meta/val.txt 2>stderr | jq -c '[.key, .label, .class]')" \
	'["val/ILSVRC2012_val_1",1,null]
["val/ILSVRC2012_val_2",0,null]' "without them classes have no names"
grep -q "in/train: no such folder: not checked" stderr
ok $? "and it is said what was not checked"

fresh
fails 1 "in/train: 2 classes, expected 1000: --classes says how many" "not the benchmark's number of classes" rl-list imagenet in --set train
fails 1 "in/train: 2 classes, expected 3" "nor the one that was asked for" rl-list imagenet in --set train --classes 3
is "$(cat stdout)" "" "and nothing is printed"
rm in/val/n02/*
fails 1 "in/val/n02: no image in this class folder" "an empty class" imagenet --set val
fresh && : >in/val/n02/ILSVRC2012_val_1.JPEG
fails 1 "in/val/n02/ILSVRC2012_val_1.JPEG: an empty file" "an image of no bytes" imagenet --set val
fresh && file in/train/n02/n01_5.JPEG
fails 1 "n02/n01_5.JPEG: named as an image of n01, but listed as one of n02" "an image in another class's folder" imagenet --set train
fresh && file in/val/n02/n01_2.JPEG in/val/n02/n02_7.JPEG && rm in/val/n02/n01_2.JPEG
fails 1 "in/val/n02/n02_7.JPEG: is in in/train, too, as in/train/n02/n02_7.JPEG" "an image in train and val" imagenet --set val
fresh && mv in/val/n02 in/val/n03
fails 1 "class n02 is not in in/val" "other classes in val" imagenet --set val

list() { # TEXT MESSAGE NAME: as a list of the training set
	fresh
	printf "$1" >in/meta/train.txt
	fails 1 "$2" "$3" imagenet --set train --list in/meta/train.txt
}
good='n01/n01_1.JPEG 0\nn02/n02_7.JPEG 1\n'
list "$good"'n01/n01_2.JPEG\n' "train.txt:3: n01/n01_2.JPEG: no label" "a line without label"
list "$good"'n01/n01_2.JPEG 2\n' "train.txt:3: n01/n01_2.JPEG: label 2 is not in 0 to 1" "a label out of range"
list "$good"'n01/n01_2.JPEG -1\n' "label -1 is not in 0 to 1" "a negative label"
list "$good"'n01/n01_2.JPEG 99999999999999999999\n' "is not in 0 to 1" "a label beyond all numbers"
list "$good"'n01/n01_2.JPEG 1\n' "train.txt:3: n01/n01_2.JPEG: label 1, but other images of this folder have 0" "a folder of two labels"
list 'n01/n01_1.JPEG 1\nn02/n02_7.JPEG 1\n' "n02/n02_7.JPEG: label 1, which is that of n01" "a label of two folders"
list 'n01/n01_1.JPEG 1\nn02/n02_7.JPEG 0\n' "train.txt: label 0 is n02, in in/train it is n01" "labels in another order than the folders"
list 'n01/n01_1.JPEG 0\n' "in/train: no image of class 1" "a class that the list lacks"
list "$good$good" "train.txt:3: n01/n01_1.JPEG: is in line 1, too" "a path twice"
list "$good"'n01/n01_8.JPEG 0\nn01/n01_9.JPEG 0\n' "in/train/n01/n01_8.JPEG: cannot be read: No such file or directory (2 of 4 images are missing)" "missing files"
list "$good"'../val/x.JPEG 0\n' "train.txt:3: ../val/x.JPEG: not a path inside in/train" "a path that climbs out"
list "$good"'/etc/passwd 0\n' "not a path inside" "an absolute path"
list "$good"'x.JPEG 0\n' "train.txt:3: x.JPEG: has not a folder, unlike the lines before" "a path without folder"
list '\n' "train.txt: empty list" "an empty list"
list 'a\0b 0\n' "train.txt: not a text file" "a list with a NUL"
fresh && : >in/train/n01/n01_1.JPEG
fails 1 "n01_1.JPEG: not a file, or empty (1 of 3" "an empty file" imagenet --set train --list in/meta/train.txt
fails 1 "nowhere.txt: open" "no list" imagenet --set train --list nowhere.txt

subset() { # TEXT MESSAGE NAME
	fresh
	printf "$1" >some.txt
	fails 1 "$2" "$3" imagenet --set train --subset some.txt
}
fresh
printf 'n02_7.JPEG\nn01_1.JPEG\n' >some.txt
imagenet --set train --subset some.txt | cmp -s - <(grep -v n01_2 train.txt)
ok $? "a subset of bare names"
printf 'n01/n01_1.JPEG 0\nn02/n02_7.JPEG 1\n' >some.txt
imagenet --set train --subset some.txt --list in/meta/train.txt | cmp -s - <(grep -v n01_2 train.txt)
ok $? "a subset of paths and labels"
subset 'n01_1.JPEG\nn02_7.JPEG\nn01_1.JPEG\n' "some.txt:3: n01/n01_1.JPEG: is in line 1, too" "a subset with an image twice"
subset 'n01_9.JPEG\n' "some.txt:1: n01/n01_9.JPEG: no such image in in/train" "one that is not there"
subset 'n02_1.JPEG\n' "n02/n02_1.JPEG: no such image" "one that only another class has"
subset 'x.JPEG\n' "x.JPEG: neither CLASS_NAME nor CLASS/NAME" "one of no class"
subset 'n02/n02_7.JPEG 0\n' "n02/n02_7.JPEG: label 0, but its folder's is 1" "one of another label"
subset 'n02_7.JPEG\n' "in/train: no image of class 0, n01" "a subset without a class"
subset '' "some.txt: empty list" "an empty subset"

# ---- Places205 ----------------------------------------------------------------------------------
fresh() {
	rm -rf pl
	images=pl/data/vision/torralba/deeplearning/images256 lists=pl/trainvalsplit_places205
	file $images/a/abbey/1.jpg $images/b/bar/out/2.jpg $images/a/abbey/3.jpg $images/b/bar/out/4.jpg
	mkdir $lists
	printf 'b/bar/out/2.jpg 1\na/abbey/1.jpg 0\n' >$lists/train_places205.csv
	printf 'b/bar/out/4.jpg 1\na/abbey/3.jpg 0\n' >$lists/val_places205.csv
}
places() { rl-list places205 pl --classes 2 "$@"; }
fresh
places --set train >train.txt 2>stderr
ok $? "Places205"
is "$(cat train.txt)" '{"key":"a/abbey/1","path":"pl/data/vision/torralba/deeplearning/images256/a/abbey/1.jpg","label":0,"nclass":2,"class":"a/abbey"}
{"key":"b/bar/out/2","path":"pl/data/vision/torralba/deeplearning/images256/b/bar/out/2.jpg","label":1,"nclass":2,"class":"b/bar/out"}' \
	"lines as documented"
is "$(places --set val 2>stderr | jq -r .key | xargs; cat stderr)" "a/abbey/3 b/bar/out/4" "its validation set"
mv $lists/*.csv pl && mv $images pl/images256
is "$(places --set val | jq -r .path | xargs)" "pl/images256/a/abbey/3.jpg pl/images256/b/bar/out/4.jpg" "folders moved up"
fresh
fails 1 "no image of class 2" "not the benchmark's number of classes" rl-list places205 pl --set train
printf 'a/abbey/1.jpg 0\n' >>$lists/val_places205.csv
fails 1 "a/abbey/1.jpg: is in pl/data/vision/torralba/deeplearning/images256, too" "an image in train and val" places --set val
fresh && printf 'a/abbey/3.jpg 1\nb/bar/out/4.jpg 0\n' >$lists/val_places205.csv
fails 1 "class a/abbey is not in" "labels that mean something else in val" places --set val
fresh && rm $images/a/abbey/3.jpg
fails 1 "a/abbey/3.jpg: cannot be read: No such file or directory (1 of 2" "a missing image" places --set val
rm -r $images
fails 1 "pl: neither data/vision/torralba/deeplearning/images256 nor images256 in it" "no images" places --set val
rm $lists/val_places205.csv
fails 1 "pl: neither trainvalsplit_places205/val_places205.csv nor val_places205.csv in it" "no list" places --set val

# ---- iNaturalist 2018 ---------------------------------------------------------------------------
fresh() {
	rm -rf inat
	file inat/train_val2018/{Aves/1/{a,b,c},Fungi/2/d}.jpg
	cat >inat/train2018.json <<-'X'
	{"info":{"year":2018}, "images":[
	  {"id":7,"file_name":"train_val2018/Fungi/2/d.jpg","height":9},{"id":-3,"file_name":"train_val2018/Aves/1/a.jpg"}],
	 "licenses":[{"id":1}], "type":"x",
	 "annotations":[{"id":1,"image_id":-3,"category_id":0},{"id":2,"image_id":7,"category_id":1}],
	 "categories":[{"id":1,"name":"Amanita"},{"id":0,"name":"Corvus"}]}
	X
	jq '.images = [{"id":1,"file_name":"train_val2018/Aves/1/b.jpg"},{"id":2,"file_name":"train_val2018/Aves/1/c.jpg"}] |
		.annotations = [{"image_id":1,"category_id":0},{"image_id":2,"category_id":1}]' inat/train2018.json >inat/val2018.json
}
inat() { rl-list inat18 inat --classes 2 "$@"; }
fresh
inat --set train >train.txt 2>stderr
ok $? "iNaturalist 2018"
is "$(cat train.txt)" '{"key":"train_val2018/Aves/1/a","path":"inat/train_val2018/Aves/1/a.jpg","label":0,"nclass":2,"class":"Corvus"}
{"key":"train_val2018/Fungi/2/d","path":"inat/train_val2018/Fungi/2/d.jpg","label":1,"nclass":2,"class":"Amanita"}' \
	"lines as documented"
is "$(inat --set val 2>stderr | jq -c '[.key, .label]' | xargs; cat stderr)" \
	"[train_val2018/Aves/1/b,0] [train_val2018/Aves/1/c,1]" "its validation set"
edit inat/train2018.json '{categories, annotations, images}'
inat --set train | cmp -s - train.txt
ok $? "its arrays in another order"

broken() { # JQ-FILTER MESSAGE NAME: of the training annotations
	fresh
	edit inat/train2018.json "$1"
	fails 1 "$2" "$3" inat --set train
}
broken '.images[0].id = -3' "image id -3 twice" "an image id twice"
broken '.images[0].file_name = .images[1].file_name' "train_val2018/Aves/1/a.jpg twice" "an image twice"
broken '.images[1].file_name = "../x.jpg"' "images[1]: ../x.jpg: not a path inside" "a path that climbs out"
broken '.images[1].file_name = 1' 'images[1]: "file_name" is not a string' "a name that is none"
broken 'del(.images[1].id)' 'images[1]: no member "id"' "an image without id"
broken '.images[1] = 3' 'images[1]: no member "file_name"' "an image that is no object"
broken 'del(.annotations[1])' "image train_val2018/Fungi/2/d.jpg has no annotation" "an image without annotation"
broken '.annotations += [.annotations[1]]' "image train_val2018/Fungi/2/d.jpg has two annotations" "an image with two"
broken '.annotations[1].image_id = 5' "annotations[1]: no image has the id 5" "an annotation without image"
broken '.annotations[1].category_id = 2' 'annotations[1]: "category_id" is 2, not in 0 to 1' "a category out of range"
broken '.annotations[1].category_id = 0' "inat: no image of class 1, Amanita" "a class without image"
broken '.categories[0].id = 2' 'categories[0]: "id" is 2, not in 0 to 1' "an unknown category"
broken '.categories[0].id = 0' "category 0 again" "a category twice"
broken 'del(.categories[1])' "no category 0, expected 2 of them: --classes says how many" "a category that is missing"
fresh && rm inat/train_val2018/Aves/1/a.jpg
fails 1 "inat/train_val2018/Aves/1/a.jpg: cannot be read: No such file or directory (1 of 2" "a missing image" inat --set train
fresh && edit inat/val2018.json '.images[0].file_name = "train_val2018/Fungi/2/d.jpg"'
fails 1 "Fungi/2/d.jpg: is in inat, too" "an image in train and val" inat --set val
fresh && edit inat/val2018.json '.categories[0].name = "Boletus"'
fails 1 "category 1 is Boletus in val, Amanita in train" "categories that differ" inat --set val
fails 1 "no category" "not the benchmark's number of classes" rl-list inat18 inat --set train
fresh && rm inat/train2018.json
fails 1 "inat/train2018.json: open" "no annotations" inat --set train

text() { # TEXT MESSAGE NAME
	printf '%s' "$1" >inat/train2018.json
	fails 1 "inat/train2018.json: $2" "$3" inat --set train
}
text '[]' "not JSON: '{' expected (byte 0)" "an array instead of an object"
text '' "not JSON: '{' expected" "an empty file"
text '{}' "no category 0" "an empty object"
text '{"images":[]}' "no category 0" "an empty array"
text '{"images":[{"id":1,"file_name":"x"}' "not JSON: ']' expected (byte 35)" "a text that was cut"
text '{"images":[{"id":1,' "images[0]: not JSON: " "one that was cut in an element"
text '{"images":[]' "not JSON: '}' expected" "one that was cut after an array"
text '{"images":[],"images":[]}' "not JSON: a member twice" "a member twice"
text '{"images":[]} x' "not JSON: something follows" "more than an object"
text '{images:[]}' "not JSON: the name of a member expected" "a name without quotes"
text '{"images" []}' "not JSON: ':' expected" "a colon that is missing"
text '{"images":[{"id":1,"id":1}]}' "images[0]: not JSON: duplicate object key" "a member of an element twice"

# ---- the number of classes goes along -----------------------------------------------------------
rl-synth --out photos --layout imagefolder --images 12 --val 2 --size 64x64 --seed 1 --quiet
rl-list imagefolder photos/train | rl-decode --quiet >images.tar
is "$(rl-info --head images.tar | jq -c '.fields.label')" '{"dtype":"i4","shape":[],"nclass":'"$(ls photos/train | wc -l)"'}' \
	"a stream's head says how many classes there are"
manifest() { # LINE-FILTER MESSAGE NAME
	rl-list imagefolder photos/train | jq -c "$1" >bad.txt
	fails 1 "$2" "$3" sh -c 'rl-decode bad.txt >/dev/null'
}
manifest 'if input_line_number == 2 then .label = .nclass else . end' "bad.txt:2: label" "a label beyond it"
manifest '.label = -1' "bad.txt:1: label -1, but there are" "a negative label"
manifest 'if input_line_number == 2 then del(.nclass) else . end' 'bad.txt:2: "nclass" is 0, but' "a record that does not say"
manifest '.nclass = "2"' '"nclass" is not a whole number' "a number that is none"

# ---- command line -------------------------------------------------------------------------------
fails 2 "imagenet needs --set" "no set" rl-list imagenet in
fails 2 "--set: test: must be one of train, val" "an unknown set" rl-list places205 pl --set test
fails 2 "--subset is for --set train" "a subset of val" rl-list imagenet in --set val --subset some.txt
fails 2 "--subset is not for inat18" "a subset of another format" rl-list inat18 inat --set train --subset some.txt
fails 2 "--list is not for places205" "a list of another format" rl-list places205 pl --set train --list some.txt
fails 2 "--classes is not for voc07" "classes of VOC" rl-list voc07 pl --set train --classes 3
done_testing
