# What threads count with, each as the articles write it. worker.py, the rest of the script, follows this file.
#
# There is one object for each round. `work(n)` makes n increments; a thread calls `leave()` after its last one, in
# measured time; `total()` is what was kept. If `walks` is true, `work(first, last)` takes a range of items instead.
import sys
# The working directory may have a threading.py that is not Python's own: import nothing from there.
sys.path[:] = [folder for folder in sys.path if folder]
try:
    import os  # noqa: E402 - it must come after the line above
except ImportError:  # RustPython without its library
    os = None
try:
    import threading  # noqa: E402
    threading.local
except (ImportError, AttributeError):  # MicroPython, RustPython without its library: make of _thread what can be made
    import _thread

    class threading(object):
        Lock = _thread.allocate_lock
        RLock = local = None

        class Thread(object):
            def __init__(self, target, args=()):
                self.target = target
                self.args = args
                self.running = _thread.allocate_lock()

            def start(self):
                self.running.acquire()
                _thread.start_new_thread(self.run, ())

            def run(self):
                try:
                    self.target(*self.args)
                finally:
                    self.running.release()

            def join(self):
                self.running.acquire()
                self.running.release()

        class Semaphore(object):
            def __init__(self, value):
                self.value = value
                self.lock = _thread.allocate_lock()

            def release(self):
                with self.lock:
                    self.value += 1

            def acquire(self):
                import time
                while True:
                    with self.lock:
                        if self.value > 0:
                            self.value -= 1
                            return
                    time.sleep(0.0005)

try:
    import queue
except ImportError:
    try:
        import Queue as queue  # Python 2
    except ImportError:
        queue = None
if sys.version_info[0] == 2:
    range = xrange  # noqa: F821 - Python 2's range would make a list first


class Subject(object):
    walks = False
    seen = None
    package = None

    def __init__(self, threads, items):
        self.val = 0

    def work(self, n):
        for _ in range(n):
            self.increment()

    def leave(self):
        pass

    def total(self):
        return self.val

    def close(self):
        pass


class Nothing(Subject):
    """The loop without an increment."""

    def work(self, n):
        for _ in range(n):
            pass

    def total(self):
        return None


class Plain(Subject):
    def increment(self):
        self.val += 1


class IntConversion(Subject):
    def increment(self):
        self.val += int(1)


class Len(Subject):
    def increment(self):
        self.val += len("a")


class ReadOnly(Subject):
    """Reads the shared object, and writes nothing."""

    def increment(self):
        self.val

    def total(self):
        return None


class Property(Subject):
    """The count is behind a property."""

    def __init__(self, threads, items):
        self._val = 0

    @property
    def val(self):
        return self._val

    @val.setter
    def val(self, val):
        self._val = val

    def increment(self):
        self.val += 1


class Number(object):
    """A number that is not changed: its `__iadd__`, in Python, makes another one."""

    def __init__(self, n):
        self.n = n

    def __iadd__(self, other):
        return Number(self.n + other)


class InPlaceAdd(Subject):
    def __init__(self, threads, items):
        self.val = Number(0)

    def increment(self):
        self.val += 1

    def total(self):
        return self.val.n


class Box(object):
    """A container whose items are read and written in Python."""

    def __init__(self):
        self.items = {"n": 0}

    def __getitem__(self, key):
        return self.items[key]

    def __setitem__(self, key, value):
        self.items[key] = value


class GetItem(Subject):
    def __init__(self, threads, items):
        self.counts = Box()

    def increment(self):
        self.counts["n"] += 1

    def total(self):
        return self.counts["n"]


class Slotted(object):
    __slots__ = ("val",)

    def increment(self):
        self.val += 1


class Slots(Subject):
    def __init__(self, threads, items):
        self.slotted = Slotted()
        self.slotted.val = 0

    def work(self, n):
        slotted = self.slotted
        for _ in range(n):
            slotted.increment()

    def total(self):
        return self.slotted.val


counter = 0


class Global(Subject):
    def __init__(self, threads, items):
        global counter
        counter = 0

    def work(self, n):
        global counter
        for _ in range(n):
            counter += 1

    def total(self):
        return counter


class Explicit(Global):
    def work(self, n):
        global counter
        for _ in range(n):
            counter = counter + 1


class GlobalLock(Global):
    def __init__(self, threads, items):
        Global.__init__(self, threads, items)
        self.lock = threading.Lock()

    def work(self, n):
        global counter
        lock = self.lock
        for _ in range(n):
            with lock:
                counter += 1


class Lock(Subject):
    make = staticmethod(threading.Lock)

    def __init__(self, threads, items):
        self.val = 0
        self.lock = self.make()

    def increment(self):
        with self.lock:
            self.val += 1


class RLock(Lock):
    make = staticmethod(threading.RLock)


class Queue(Subject):
    """Threads put, and one more thread takes and counts. A thread is done when everything was counted."""

    def __init__(self, threads, items):
        self.val = 0
        self.queue = queue.Queue()
        self.consumer = threading.Thread(target=self.consume)
        self.consumer.daemon = True
        self.consumer.start()

    def consume(self):
        while True:
            one = self.queue.get()
            if one is None:
                return
            self.val += one
            self.queue.task_done()

    def increment(self):
        self.queue.put(1)

    def leave(self):
        self.queue.join()

    def close(self):
        self.queue.put(None)
        self.consumer.join()


class ThreadLocal(Subject):
    """Each thread has a count, and adds it to the total under a lock when it is done."""

    def __init__(self, threads, items):
        self.val = 0
        self.lock = threading.Lock()
        self.local = threading.local()

    def work(self, n):
        if not hasattr(self.local, "val"):
            self.local.val = 0
        for _ in range(n):
            self.increment()

    def increment(self):
        self.local.val += 1

    def leave(self):
        with self.lock:
            self.val += getattr(self.local, "val", 0)


class ListItem(Subject):
    def __init__(self, threads, items):
        self.counts = [0]

    def increment(self):
        self.counts[0] += 1

    def total(self):
        return self.counts[0]


class DictItem(Subject):
    def __init__(self, threads, items):
        self.counts = {"n": 0}

    def increment(self):
        self.counts["n"] += 1

    def total(self):
        return self.counts["n"]


class ReplaceUnderLock(Subject):
    """An immutable tuple, replaced by a new one."""

    def __init__(self, threads, items):
        self.state = (0,)
        self.lock = threading.Lock()

    def increment(self):
        with self.lock:
            self.state = (self.state[0] + 1,)

    def total(self):
        return self.state[0]


class IterCount(Subject):
    def __init__(self, threads, items):
        import itertools
        self.counter = itertools.count()

    def increment(self):
        next(self.counter)

    def total(self):
        return next(self.counter)


class CheckThenAppend(Subject):
    """Every thread appends each number that is not on the list. A number that is there twice is an anomaly."""
    walks = True

    def __init__(self, threads, items):
        self.items = []

    def work(self, first, last):
        for i in range(first, last):
            self.append(i)

    def append(self, i):
        if len(self.items) <= i:
            self.items.append(i)

    def total(self):
        return None

    @property
    def seen(self):
        return len(self.items) - len(set(self.items))


class DoubleChecked(Subject):
    """Every thread asks for each object, which is made at the first request. One made twice is an anomaly."""
    walks = True

    def __init__(self, threads, items):
        self.slots = [None] * items
        self.lock = threading.Lock()
        self.made = 0

    def work(self, first, last):
        for i in range(first, last):
            self.get(i)

    def get(self, i):
        if self.slots[i] is None:
            with self.lock:
                if self.slots[i] is None:
                    self.made += 1
                    self.slots[i] = object()
        return self.slots[i]

    def total(self):
        return None

    @property
    def seen(self):
        return self.made - sum(1 for slot in self.slots if slot is not None)


# Atomic counters of packages from PyPI.

def folder_of_packages():
    """The folder that MISCOUNT_PYTHON_PACKAGES has for this interpreter, such as 3.13, 3.13t or pypy3.11, or None."""
    folder = getattr(os, "environ", {}).get("MISCOUNT_PYTHON_PACKAGES")
    if not folder:
        return None
    name = getattr(getattr(sys, "implementation", None), "name", "cpython")
    free = "t" if "t" in getattr(sys, "abiflags", "") else ""
    own = "%s%d.%d%s" % (("" if name == "cpython" else name,) + tuple(sys.version_info[:2]) + (free,))
    folder = os.path.abspath(os.path.join(folder, own))
    return folder if os.path.isdir(folder) else None


def packaged(name):
    """A module of a package."""
    folder = folder_of_packages()
    if folder not in sys.path:
        sys.path.append(folder)
    __import__(name)
    return sys.modules[name]


class Cereggii(Subject):
    package = "cereggii"

    def __init__(self, threads, items):
        self.counter = packaged("cereggii").AtomicInt64(0)

    def increment(self):
        self.counter.increment_and_get()

    def total(self):
        return self.counter.get()


class CereggiiHandle(Cereggii):
    """Each thread counts through a handle of its own."""

    def work(self, n):
        handle = self.counter.get_handle()
        for _ in range(n):
            self.through(handle)

    def through(self, handle):
        handle.increment_and_get()


class Atomicx(Subject):
    package = "atomicx"

    def __init__(self, threads, items):
        self.counter = packaged("atomicx").AtomicInt(0)

    def increment(self):
        self.counter.inc()

    def total(self):
        return self.counter.load()


class FtUtils(Subject):
    package = "ft_utils"

    def __init__(self, threads, items):
        # ft_utils.concurrency has it from there, and imports asyncio as well, which may take seconds.
        self.counter = packaged("ft_utils._concurrency").AtomicInt64(0)

    def increment(self):
        self.counter.incr()

    def total(self):
        return self.counter.get()


class FastCounter(Subject):
    package = "fastcounter"

    def __init__(self, threads, items):
        self.counter = packaged("fastcounter").FastWriteCounter()

    def increment(self):
        self.counter.increment()

    def total(self):
        return self.counter.value


SUBJECTS = {
    "py_none": Nothing,
    "py_plain": Plain,
    "py_int_conversion": IntConversion,
    "py_len": Len,
    "py_read_only": ReadOnly,
    "py_property": Property,
    "py_iadd": InPlaceAdd,
    "py_getitem": GetItem,
    "py_slots": Slots,
    "py_global": Global,
    "py_explicit": Explicit,
    "py_global_lock": GlobalLock,
    "py_lock": Lock,
    "py_rlock": RLock,
    "py_queue": Queue,
    "py_thread_local": ThreadLocal,
    "py_list_item": ListItem,
    "py_dict_item": DictItem,
    "py_replace_under_lock": ReplaceUnderLock,
    "py_itertools_count": IterCount,
    "py_check_then_append": CheckThenAppend,
    "py_double_checked": DoubleChecked,
    "py_cereggii": Cereggii,
    "py_cereggii_handle": CereggiiHandle,
    "py_atomicx": Atomicx,
    "py_ft_utils": FtUtils,
    "py_fastcounter": FastCounter,
}

# The most items of one round: each costs memory.
MOST_ITEMS = 4000000
