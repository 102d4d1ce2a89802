# rl-list: image folders and VOC trees (list-labels.t has the rest), and everything that must not get past it.
. "$(dirname "$0")/tap.sh"

# ---- image folders ------------------------------------------------------------------------------
file() { for path; do echo x >"$path"; done; } # PATH...: with something in it
mkdir -p data/train/b/deep data/train/a data/val/a data/val/b
file data/train/a/2.jpg data/train/a/1.JPEG data/train/b/deep/x.y.png data/train/b/notes.txt
file data/val/a/1.jpg data/val/b/1.jpg data/train/a/._2.jpg

rl-list imagefolder data/train >train.txt 2>stderr
ok $? "an image folder is listed"
is "$(cat train.txt)" '{"key":"train/a/1","path":"data/train/a/1.JPEG","label":0,"nclass":2,"class":"a"}
{"key":"train/a/2","path":"data/train/a/2.jpg","label":0,"nclass":2,"class":"a"}
{"key":"train/b/deep/x%2Ey","path":"data/train/b/deep/x.y.png","label":1,"nclass":2,"class":"b"}' "lines as documented"
rl-list imagefolder data/train/ | cmp -s - train.txt
ok $? "a slash at the end changes nothing"
(cd data/train && rl-list imagefolder . | jq -r .key) | cmp -s - <(jq -r .key train.txt)
ok $? "keys do not depend on how the folder is spelled"
rl-list imagefolder data/train --classes-of data/val | cmp -s - train.txt
ok $? "the same classes elsewhere are fine"

mkdir data/val/c && file data/val/c/1.jpg
fails 1 "class c is not in data/train" "a class that only the other folder has" rl-list imagefolder data/train --classes-of data/val
fails 1 "class c is not in data/train" "a class that only this folder has" rl-list imagefolder data/val --classes-of data/train
is "$(cat stdout)" "" "and nothing is printed"
rm data/val/c/1.jpg
fails 1 "data/val/c: no image in this class folder" "a class without images" rl-list imagefolder data/val
rm -r data/val/c
file data/val/a/1.png
fails 1 "same key as" "two images with one key" rl-list imagefolder data/val
rm data/val/a/1.png
file data/val/stray.jpg
fails 1 "data/val/stray.jpg: an image outside the class folders" "an image that has no class" rl-list imagefolder data/val
rm data/val/stray.jpg
ln -s nowhere data/val/a/3.jpg
fails 1 "a symbolic link to nothing" "a dangling link" rl-list imagefolder data/val
rm data/val/a/3.jpg
: >data/val/a/3.jpg
fails 1 "data/val/a/3.jpg: an empty file" "an image of no bytes" rl-list imagefolder data/val
rm data/val/a/3.jpg
ln -s .. data/val/a/loop
fails 1 "a loop of symbolic links" "a loop" rl-list imagefolder data/val
rm data/val/a/loop
ln -s ../../train/a/2.jpg data/val/a/linked.jpg
rl-list imagefolder data/val | grep -q '"path":"data/val/a/linked.jpg"'
ok $? "a link to an image is followed"
file "$(printf 'data/val/a/\377.jpg')"
fails 1 "not UTF-8" "a name that JSON cannot hold" rl-list imagefolder data/val
mkdir empty
fails 1 "no class folder" "an empty folder" rl-list imagefolder empty
fails 1 "nowhere: open: No such file" "no folder at all" rl-list imagefolder nowhere
fails 1 "train.txt: not a directory" "a file instead of a folder" rl-list imagefolder train.txt

# ---- VOC ----------------------------------------------------------------------------------------
object() { # CLASS DIFFICULT BOX...
	printf '<object><name>%s</name><difficult>%s</difficult><bndbox><xmin>%s</xmin><ymin>%s</ymin><xmax>%s</xmax><ymax>%s</ymax></bndbox></object>' "$@"
}
xml() { # ID OBJECTS
	printf '<annotation><size><width>500</width><height>300</height><depth>3</depth></size>%s</annotation>\n' "$2" \
		>voc/VOC2007/Annotations/"$1".xml
}
fresh() {
	rm -rf voc
	mkdir -p voc/VOC2007/{JPEGImages,Annotations,ImageSets/Main}
	main=voc/VOC2007/ImageSets/Main
	for id in 000001 000002 000003; do echo x >voc/VOC2007/JPEGImages/$id.jpg; done
	printf '000003\n000001\n' >$main/trainval.txt
	printf '000002\n' >$main/test.txt
	printf '000001  1\n000003 -1\n' >$main/cat_trainval.txt
	printf '000001  0\n000003 -1\n' >$main/dog_trainval.txt
	printf '000002 -1\n' | tee $main/cat_test.txt >$main/dog_test.txt
	xml 000001 "$(object cat 1 1 2 3 4)$(object cat 0 5 6 7.5 8)$(object dog 1 9 9 500 300)"
	xml 000002 ''
	xml 000003 ''
}

fresh
rl-list voc07 voc --set trainval >voc.txt 2>stderr
ok $? "a VOC tree is listed"
is "$(cat voc.txt)" '{"key":"000001","path":"voc/VOC2007/JPEGImages/000001.jpg","labels":{"cat":1,"dog":-1}}
{"key":"000003","path":"voc/VOC2007/JPEGImages/000003.jpg","labels":{"cat":0,"dog":0}}' "lines as documented"
is "$(cat stderr)" "" "another data set in VOC's layout passes without a word"
rl-list voc07 voc/VOC2007/ --set trainval | cmp -s - voc.txt
ok $? "the folder itself may be named"

fails 1 "cannot be read: No such file" "a missing image" sh -c 'rm voc/VOC2007/JPEGImages/000003.jpg; exec rl-list voc07 voc --set trainval'
is "$(cat stdout)" "" "and nothing is printed"
fresh && : >voc/VOC2007/JPEGImages/000003.jpg
fails 1 "000003.jpg: not a file, or empty" "an empty image" rl-list voc07 voc --set trainval
fresh && rm voc/VOC2007/Annotations/000003.xml
fails 1 "000003.xml: open" "a missing annotation" rl-list voc07 voc --set trainval
fresh && xml 000003 "$(object cat 0 1 1 2 2)"
fails 1 "000003.xml: has a cat, but cat_trainval.txt says otherwise" "an object that the list denies" rl-list voc07 voc --set trainval
fresh && xml 000003 "$(object dog 1 1 1 2 2)"
fails 1 "has only difficult examples of dog" "a difficult one that the list denies" rl-list voc07 voc --set trainval
fresh && xml 000001 "$(object dog 1 1 1 2 2)"
fails 1 "000001.xml: has no cat" "an object that only the list has" rl-list voc07 voc --set trainval
fresh && xml 000003 "$(object cow 0 1 1 2 2)"
fails 1 "no class list for cow" "an object of no class" rl-list voc07 voc --set trainval
fresh && printf '000001  1\n' >$main/cat_trainval.txt
fails 1 "cat_trainval.txt: 1 images, 2 in trainval.txt" "a list that is too short" rl-list voc07 voc --set trainval
fresh && printf '000001  1\n000003 -1\n000004 -1\n' >$main/cat_trainval.txt
fails 1 "cat_trainval.txt: 3 images, 2 in trainval.txt" "a list that is too long" rl-list voc07 voc --set trainval
fresh && printf '000001  1\n000002 -1\n' >$main/cat_trainval.txt
fails 1 "000002 here, 000003 in trainval.txt" "a list of other images" rl-list voc07 voc --set trainval
fresh && printf '000001  2\n000003 -1\n' >$main/cat_trainval.txt
fails 1 "cat_trainval.txt: line 1: 2: must be 1, -1 or 0" "an unknown value" rl-list voc07 voc --set trainval
fresh && printf '000001\n000003 -1\n' >$main/cat_trainval.txt
fails 1 "line 1: no value" "a missing value" rl-list voc07 voc --set trainval
fresh && printf '000001 1 1\n000003 -1\n' >$main/cat_trainval.txt
fails 1 "line 1: more than an id and a value" "more than a value" rl-list voc07 voc --set trainval
fresh && printf '000001\n000001\n' >$main/trainval.txt
fails 1 "000001 twice" "an image twice" rl-list voc07 voc --set trainval
fresh && printf '../../../etc/passwd\n' >$main/trainval.txt
fails 1 "not an image id" "an id that is a path" rl-list voc07 voc --set trainval
fresh && printf '\n' >$main/trainval.txt
fails 1 "trainval.txt: empty list" "an empty list" rl-list voc07 voc --set trainval
fresh && printf 'a\0b\n' >$main/trainval.txt
fails 1 "not a text file" "a list with a NUL" rl-list voc07 voc --set trainval
fresh && mv $main/dog_test.txt $main/cow_test.txt
fails 1 "the sets trainval and test differ in class" "classes that differ between the sets" rl-list voc07 voc --set trainval
fresh
fails 1 "no CLASS_val.txt" "a set that is not there" rl-list voc07 voc --set val
fails 1 "neither ImageSets/Main nor VOC2007/ImageSets/Main" "a folder that is no VOC tree" rl-list voc07 data --set test

# ---- command line -------------------------------------------------------------------------------
fails 2 "voc07 needs --set" "no set" rl-list voc07 voc
fails 2 "must be one of trainval, test, train, val" "an unknown set" rl-list voc07 voc --set all
fails 2 "--set is not for imagefolder" "a set of an image folder" rl-list imagefolder data/train --set test
fails 2 "--classes-of is not for voc07" "classes of a VOC tree" rl-list voc07 voc --set test --classes-of voc
fails 2 "must be one of imagefolder, imagenet, places205, inat18, voc07, voc, coco" "an unknown format" rl-list cifar data
fails 2 "want a format and a directory" "no directory" rl-list imagefolder
fails 1 "stdout: write" "a full disk" sh -c 'exec rl-list voc07 voc --set test >/dev/full'
done_testing
