# ---- looks: where a thread stands that was made to let go of the lock, and how long its window takes ----
#
# The share of a thread's turns that end between load and store. It is measured before the rounds, and knows nothing of
# what they lose. CPython 3.6 and newer with a global lock only.

# The same increments, with what lies between load and check once more: before 3.10 a check follows the addition too.
AGAIN = {}


def plain_again(self):
    self.val + 1
    self.val += 1


AGAIN["py_plain"] = plain_again

if sys.version_info < (3, 10):
    def int_again(self):
        self.val + int(1)
        self.val += int(1)
else:
    def int_again(self):
        self.val
        int(1)
        self.val += int(1)

AGAIN["py_int_conversion"] = int_again


def instructions(code, name):
    """Offset and operand of each instruction of this name."""
    import dis
    return [(one.offset, one.argval) for one in dis.get_instructions(code) if one.opname == name]


class Window(object):
    """Where the load and the store of a subject's increment are."""

    def __init__(self, kind):
        self.code = kind.increment.__code__
        self.store, name = instructions(self.code, "STORE_ATTR")[-1]
        self.load = [at for at, of in instructions(self.code, "LOAD_ATTR") if of == name][0]
        self.getter = self.setter = None
        value = getattr(kind, name, None)
        if isinstance(value, property):
            self.getter, self.setter = value.fget.__code__, value.fset.__code__
            self.inner_load = instructions(self.getter, "LOAD_ATTR")[-1][0]
            self.inner_store = instructions(self.setter, "STORE_ATTR")[-1][0]

    def has(self, frame):
        """Whether a thread that stands here has loaded and not stored yet. An instruction that it stands at is done."""
        while frame is not None:
            code, at = frame.f_code, frame.f_lasti
            if code is self.getter:
                return at >= self.inner_load
            if code is self.setter:
                return at < self.inner_store
            if code is self.code:
                return self.load <= at < self.store
            frame = frame.f_back
        return False


def best_ns(works):
    """The best of 700 timings of an iteration of each, in ns. They are timed in turn: the machine may be slow for a while."""
    n = 400
    best = [None] * len(works)
    for _ in range(700):
        for at, work in enumerate(works):
            start = CLOCK()
            work(n)
            took = CLOCK() - start
            best[at] = took if best[at] is None else min(best[at], took)
    return [took / float(n) for took in best]


def look(request):
    """Looks for so many ms at a thread that increments, and times its loop."""
    import time
    name = request["look_at"]
    kind = SUBJECTS[name]
    window = Window(kind)
    works = [kind(1, 0).work]
    if name in AGAIN:
        works.append(type("Again", (kind,), {"increment": AGAIN[name]})(1, 0).work)
    best = best_ns(works)
    turn_ns = best[0]
    window_ns = max(best[1] - turn_ns, 0.0) if name in AGAIN else None
    sys.setswitchinterval(50.5e-6)
    subject = kind(1, 0)
    stop = []

    def count():
        while not stop:
            subject.work(10000)

    thread = threading.Thread(target=count)
    thread.daemon = True
    thread.start()
    looks = inside = 0
    try:
        until = CLOCK() + request["ms"] * 1000000
        while CLOCK() < until:
            # It waits without the lock, and then requests it: at any time of the other thread's loop.
            time.sleep(2e-5)
            frame = sys._current_frames().get(thread.ident)
            looks += 1
            inside += window.has(frame)
            del frame
    finally:
        stop.append(True)
        thread.join()
    return {"looks": looks, "inside": inside, "turn_ns": turn_ns, "window_ns": window_ns}
