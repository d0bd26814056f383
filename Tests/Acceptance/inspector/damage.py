"""Ways to damage a store, each at a random place."""
import os
import shutil
import struct

SEGMENT, LEDGER = ".segment", ".ledger"
SEAL_BYTES = 89
# Behind the end of every file.
ALL = 1 << 62


def offsets(path, magic):
    """Where the batches of a segment or the blocks of a ledger begin."""
    with open(path, "rb") as file:
        data = file.read()
    found, at = [], data.find(magic)
    while at >= 0:
        found.append(at)
        at = data.find(magic, at + 1)
    return found


def batches(path):
    """[start, end) of each batch of a segment."""
    starts = offsets(path, b"QSTB")
    return list(zip(starts, starts[1:] + [os.path.getsize(path)]))


def blocks(path):
    """Where each block of a ledger begins."""
    return offsets(path, b"QBLK")


def payload_bytes(path, offset):
    with open(path, "rb") as file:
        file.seek(offset + 8)
        return struct.unpack("<I", file.read(4))[0]


class Damage:
    """One damage that was done."""

    def __init__(self, path, what, offset=None, is_certain=True, hit=(0, 0)):
        self.path, self.what = path, what
        # A byte that is wrong now, or None.
        self.offset = offset
        # Whether it can be told from what a kill leaves behind.
        self.is_certain = is_certain
        # The bytes of the file whose messages are lost with it.
        self.hit = hit

    def __repr__(self):
        at = "" if self.offset is None else " at %d" % self.offset
        return "%s: %s%s" % (os.path.join(*self.path.split(os.sep)[-3:]), self.what, at)


class Damager:
    """Damages a store, which should be a copy."""

    def __init__(self, folder, generator, is_stopped):
        self.folder, self.generator, self.is_stopped = folder, generator, is_stopped

    def files(self, ending):
        return sorted(
            os.path.join(parent, name) for parent, _, names in os.walk(self.folder) for name in names
            if name.endswith(ending))

    def any(self, ending):
        return self.generator.choice(self.files(ending))

    def last_segments(self):
        newest = {os.path.dirname(path): path for path in self.files(SEGMENT)}
        return sorted(newest.values())

    def sealed_segments(self):
        last = self.last_segments()
        return [path for path in self.files(SEGMENT) if path not in last]

    def flip(self, path, start, end, what):
        offset, bit = self.generator.randrange(start, end), self.generator.randrange(8)
        with open(path, "r+b") as file:
            file.seek(offset)
            (byte,) = file.read(1)
            file.seek(offset)
            file.write(bytes([byte ^ 1 << bit]))
        return Damage(path, "bit %d of %s" % (bit, what), offset)

    def flip_in_batch(self, is_payload):
        path = self.any(SEGMENT)
        found = batches(path)
        start, end = self.generator.choice(found)
        edges = (start + 64, start + 64 + payload_bytes(path, start)) if is_payload else (start, start + 64)
        damage = self.flip(path, *edges, "a payload" if is_payload else "a batch header")
        damage.hit = (start, end)
        # The last batch of a log could be one that never reached the file whole.
        damage.is_certain = self.is_stopped or path not in self.last_segments() or (start, end) != found[-1]
        return damage

    def batch_header(self):
        """a bit of a batch header"""
        return self.flip_in_batch(is_payload=False)

    def payload(self):
        """a bit of a payload"""
        return self.flip_in_batch(is_payload=True)

    def segment_header(self):
        """a bit of a segment header"""
        return self.flip(self.any(SEGMENT), 0, 256, "a segment header")

    def seal(self):
        """a bit of a seal"""
        path = self.generator.choice(self.sealed_segments())
        return self.flip(path, os.path.getsize(path) - SEAL_BYTES, os.path.getsize(path), "a seal")

    def ledger_header(self):
        """a bit of a ledger header"""
        return self.flip(self.any(LEDGER), 0, 256, "a ledger header")

    def ledger_block(self):
        """a bit of a ledger block"""
        path = self.any(LEDGER)
        last = blocks(path)[-1]
        damage = self.flip(path, 256, os.path.getsize(path), "a ledger block")
        damage.is_certain = self.is_stopped or damage.offset < last
        return damage

    def flip_of(self, name):
        path = os.path.join(self.folder, name)
        return self.flip(path, 0, os.path.getsize(path), "it")

    def marker(self):
        """a bit of nsqd.lock"""
        return self.flip_of("nsqd.lock")

    def metadata(self):
        """a bit of nsqd.sqlite"""
        return self.flip_of("nsqd.sqlite")

    def document(self):
        """something else in nsqd.dat"""
        path = os.path.join(self.folder, "nsqd.dat")
        with open(path, "wb") as file:
            file.write(self.generator.randbytes(self.generator.randrange(1, 3000)))
        return Damage(path, "something else")

    def cut_to(self, path, size):
        """Cuts a file, which a kill can do to the end of a log or ledger."""
        hit = [each for each in batches(path) if each[1] > size] if path.endswith(SEGMENT) else []
        os.truncate(path, size)
        is_tail = path in self.last_segments() or path.endswith(LEDGER)
        return Damage(
            path, "cut to %d bytes" % size, None, self.is_stopped or not is_tail,
            (min(start for start, _ in hit), ALL) if hit else (0, 0))

    def cut_anywhere(self, path):
        return self.cut_to(path, self.generator.randrange(os.path.getsize(path)))

    def cut_sealed_segment(self):
        """a sealed segment cut anywhere"""
        return self.cut_anywhere(self.generator.choice(self.sealed_segments()))

    def cut_last_segment(self):
        """a last segment cut anywhere"""
        return self.cut_anywhere(self.generator.choice(self.last_segments()))

    def cut_behind_batch(self):
        """a last segment cut behind a batch"""
        path = self.generator.choice(self.last_segments())
        return self.cut_to(path, self.generator.choice(batches(path))[0])

    def cut_ledger(self):
        """a ledger cut anywhere"""
        return self.cut_anywhere(self.any(LEDGER))

    def cut_before_block(self):
        """a ledger cut before a block"""
        path = self.any(LEDGER)
        return self.cut_to(path, self.generator.choice(blocks(path)))

    def cut_metadata(self):
        """nsqd.sqlite cut anywhere"""
        return self.cut_anywhere(os.path.join(self.folder, "nsqd.sqlite"))

    def cut_document(self):
        """nsqd.dat cut anywhere"""
        return self.cut_anywhere(os.path.join(self.folder, "nsqd.dat"))

    def cut_marker(self):
        """nsqd.lock cut anywhere"""
        return self.cut_anywhere(os.path.join(self.folder, "nsqd.lock"))

    def empty_segment(self):
        """a segment emptied"""
        return self.cut_to(self.any(SEGMENT), 0)

    def empty_ledger(self):
        """a ledger emptied"""
        return self.cut_to(self.any(LEDGER), 0)

    def remove(self, path, is_certain=True):
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.remove(path)
        return Damage(path, "missing", None, self.is_stopped or is_certain, (0, ALL))

    def no_sealed_segment(self):
        """a sealed segment missing"""
        return self.remove(self.generator.choice(self.sealed_segments()))

    def no_last_segment(self):
        """a last segment missing that sealed ones go before"""
        sealed = {os.path.dirname(path) for path in self.sealed_segments()}
        mine = [path for path in self.last_segments() if os.path.dirname(path) in sealed]
        return self.remove(self.generator.choice(mine), is_certain=False)

    def no_segment(self):
        """the only segment of a topic missing"""
        sealed = {os.path.dirname(path) for path in self.sealed_segments()}
        return self.remove(self.generator.choice([p for p in self.last_segments() if os.path.dirname(p) not in sealed]))

    def no_ledger(self):
        """a ledger missing"""
        return self.remove(self.any(LEDGER), is_certain=False)

    def no_topic(self):
        """a topic's folder missing"""
        folders = sorted({os.path.dirname(path) for path in self.files(SEGMENT)})
        return self.remove(self.generator.choice(folders), is_certain=False)

    def no_metadata(self):
        """nsqd.sqlite missing"""
        for side in ("-wal", "-shm"):
            path = os.path.join(self.folder, "nsqd.sqlite" + side)
            if os.path.exists(path):
                os.remove(path)
        return self.remove(os.path.join(self.folder, "nsqd.sqlite"))

    def foreign_ledger(self):
        """the ledger of another channel"""
        path, other = self.generator.sample(self.files(LEDGER), 2)
        shutil.copy(other, path)
        return Damage(path, "that of another channel")

    def foreign_segment(self):
        """a segment of another topic"""
        path = self.generator.choice(self.sealed_segments())
        shutil.copy(self.generator.choice([p for p in self.last_segments() if p != path]), path)
        return Damage(path, "one of another topic", None, True, (0, ALL))

    def foreign_file(self):
        """a file of a segment's name that is none"""
        path = os.path.join(self.folder, "topics", "1", "%020d%s" % (self.generator.randrange(1 << 53), SEGMENT))
        with open(path, "wb") as file:
            file.write(self.generator.randbytes(self.generator.choice([0, 1, 300, 5000])))
        return Damage(path, "no segment")


FLIPS = [
    Damager.batch_header, Damager.payload, Damager.segment_header, Damager.seal, Damager.ledger_header,
    Damager.ledger_block]
SIDE_FILES = [
    Damager.marker, Damager.metadata, Damager.document, Damager.cut_metadata, Damager.cut_document,
    Damager.cut_marker, Damager.no_metadata]
LOSSES = [
    Damager.cut_sealed_segment, Damager.cut_last_segment, Damager.cut_behind_batch, Damager.cut_ledger,
    Damager.cut_before_block, Damager.empty_segment, Damager.empty_ledger, Damager.no_sealed_segment,
    Damager.no_last_segment, Damager.no_segment, Damager.no_ledger, Damager.no_topic, Damager.foreign_ledger,
    Damager.foreign_segment, Damager.foreign_file]
