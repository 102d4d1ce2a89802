#!/bin/bash
# Memory does not grow with the number of samples: the peak of each filter of a stream at 500 and at 5,000.
. "$(dirname "$0")/tap.sh"
bin=${RL_BIN:-$top/bin}
PATH=$PATH:$bin/../obj/bench:$bin/../obj/tests

plain_only "peaks of memory" "a sanitizer keeps freed memory, which would hide what is looked for"

perl -e 'print "P6\n24 24\n255\n", map { chr($_ * 7 % 256) } 1 .. 1728' | cjpeg >photo.jpg
for n in 500 5000; do
	perl -e 'printf "{\"key\":\"%06d\",\"path\":\"photo.jpg\",\"label\":%d}\n", $_, $_ % 10 for 1 .. $ARGV[0]' $n >list-$n
	rl-decode list-$n >images-$n
	rl-decode --size 32x32 list-$n >squares-$n
done

# peak N COMMAND...: in KiB.  The command finds its input, of N samples, on standard input.
peak() {
	clock report "${@:2}" >output || return
	sed 's/.*"peak_kib":\([0-9]*\).*/\1/' report
}

# flat ROOM NAME INPUT COMMAND...: ten times the samples take at most ROOM KiB more.  Peaks of the same work differ
# by some pages from run to run, and with how many images threads happen to have in hand at once; what each sample
# leaves behind is there in every run, and a hundred bytes would be 440.
flat() {
	for try in 1 2 3; do
		few=$(peak 500 "${@:4}" <"$3-500") many=$(peak 5000 "${@:4}" <"$3-5000")
		[ -n "$few" ] && [ -n "$many" ] && [ $((many - few)) -le "$1" ] && break
	done
	ok $? "$2: $few KiB, then $many"
}

flat 300 "rl-patchpairs" images rl-patchpairs --crop 9 --patch 3
flat 300 "rl-augment" images rl-augment --threads 2 random-resized-crop=12 flip color-jitter=0.4,0.4,0.4 lighting
flat 300 "rl-cat" images rl-cat
flat 300 "rl-cat --fields" images rl-cat --fields label
flat 300 "rl-cat --npy" images rl-cat --npy image
flat 300 "rl-info" images rl-info
flat 300 "rl-info --check" images rl-info --check
flat 2000 "rl-extract" squares rl-extract --random-init 0 --arch resnet18 --width 8 --layers avgpool --threads 1

# rl-decode knows each key by a hash; epochs and shuffling need the list, but no image of it.
flat 700 "rl-decode" list rl-decode --threads 2
flat 1300 "rl-decode --shuffle" list rl-decode --threads 2 --epochs 1 --shuffle --short-side 12

# A block of narrow features is bounded by its rows, of which each has a product with each query.
make-features 1 800 4 avgpool=24 label >queries.tar
for n in 8000 80000; do make-features 2 $n 4 avgpool=24 label >narrow-$n.tar; done
few=$(peak 8000 rl-knn --train narrow-8000.tar --test queries.tar --k 1 --quiet)
many=$(peak 80000 rl-knn --train narrow-80000.tar --test queries.tar --k 1 --quiet)
[ -n "$few" ] && [ -n "$many" ] && [ $((many - few)) -le 30000 ]
ok $? "rl-knn of narrow features: $few KiB, then $many"
done_testing
