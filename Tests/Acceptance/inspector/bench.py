"""What all cases share: the stores, the inspector, a folder for what they make."""
import os
import random
import shutil
import tempfile

from inspector.stores import Stores
from inspector.tool import Inspector
from store_reader import Reading


class Bench:
    def __init__(self, binary, seed):
        self.binary, self.seed = binary, seed
        # In memory where that is possible: nothing here is about disks.
        place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = tempfile.mkdtemp(prefix="nsqd-inspector-", dir=place)
        # The inspector reads a copy of SQLite's file; copies must not stay.
        self.temporary = os.path.join(self.folder, "temporary")
        os.mkdir(self.temporary)
        self.tool = Inspector(binary, {"TMPDIR": self.temporary})
        self.stores = Stores(binary, self.folder, self.random("stores"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def random(self, name):
        """A source of random numbers that gives a case the same ones whatever runs beside it."""
        return random.Random("%d %s" % (self.seed, name))

    def new_folder(self):
        return tempfile.mkdtemp(dir=self.folder)

    def reading(self, path):
        """What Tools/read-store.py reads."""
        return Reading(path)
