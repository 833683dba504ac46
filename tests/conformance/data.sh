# SPDX-License-Identifier: ISC
# Part of work.sh: data that is written by many ways is read back as it was,
# by fio, which keeps a checksum of every block.
fio_verify() {
	fio --name=verify --directory="$PWD" --size="$((scale * 2))M" \
	    --verify=crc32c --verify_fatal=1 --do_verify=1 --randrepeat=0 \
	    --group_reporting --minimal "$@"
}

for engine in psync sync pvsync2 libaio posixaio mmap; do
	for pattern in randwrite rw randrw; do
		check "fio verifies $pattern by $engine" fio_verify \
		    --ioengine="$engine" --rw="$pattern" --bs=8k --iodepth=8
		rm -f verify*
	done
done
check "fio verifies blocks of many sizes" fio_verify --ioengine=psync \
    --rw=randwrite --bs=4k-64k
rm -f verify*
check "fio verifies unaligned blocks" fio_verify --ioengine=psync \
    --rw=randwrite --bs=513-70001 --bs_unaligned=1
rm -f verify*
check "fio verifies O_DIRECT" fio_verify --ioengine=libaio --direct=1 \
    --rw=randwrite --bs=4k --iodepth=16
rm -f verify*
check "fio verifies O_APPEND and fsync" fio_verify --ioengine=psync \
    --rw=write --bs=8k --file_append=1 --fsync=8
rm -f verify*
check "fio verifies four jobs in files of their own" fio_verify \
    --ioengine=psync --rw=randwrite --bs=16k --numjobs=4
rm -f verify*
