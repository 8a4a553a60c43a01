# ---- the worker: one request a line on standard input, one reply a line on standard output, both JSON ----
#
# It runs in CPython 2.7, from 3.6 to the newest, and in implementations that have little of Python's library.
# src/docs/format.md describes the protocol. It ends when its standard input ends, even in mid-round.
try:
    import resource
except ImportError:  # not on Windows
    resource = None


def find_clock():
    """A clock in ns that all threads share and that never goes back."""
    import time
    if hasattr(time, "perf_counter_ns"):
        return time.perf_counter_ns
    if hasattr(time, "perf_counter"):
        return lambda: int(time.perf_counter() * 1e9)
    if hasattr(time, "ticks_us"):  # MicroPython
        return lambda: time.ticks_us() * 1000
    try:
        from java.lang import System  # Jython
        return System.nanoTime
    except ImportError:
        pass
    try:  # Python 2 has none: call the system's own, without letting go of the interpreter's lock
        import ctypes

        class Timespec(ctypes.Structure):
            _fields_ = [("s", ctypes.c_long), ("ns", ctypes.c_long)]
        monotonic = 1 if sys.platform.startswith("linux") else None
        call = ctypes.PyDLL(None).clock_gettime

        def clock():
            at = Timespec()
            call(monotonic, ctypes.byref(at))
            return at.s * 1000000000 + at.ns
        if monotonic is not None and clock() > 0:
            return clock
    except Exception:
        pass
    return lambda: int(time.time() * 1e9)


def pin(cpu):
    """Ties the calling thread to a CPU. Returns False where that cannot be done."""
    try:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, [cpu])
            return os.sched_getaffinity(0) == set([cpu])
        if not sys.platform.startswith("linux"):
            return False
        mask = bytearray(1024)
        mask[cpu // 8 if sys.byteorder == "little" else (cpu // 64) * 8 + 7 - cpu % 64 // 8] = 1 << (cpu % 8)
        try:
            import ctypes
            mask = (ctypes.c_ubyte * len(mask))(*mask)
            return ctypes.CDLL(None).sched_setaffinity(0, ctypes.c_size_t(len(mask)), mask) == 0
        except ImportError:  # MicroPython
            import ffi
            return ffi.open("libc.so.6").func("i", "sched_setaffinity", "iLP")(0, len(mask), mask) == 0
    except Exception:
        return False


class Waits(object):
    """How long the calling thread has waited on a run queue, in ns; None where the system does not say."""

    def __init__(self):
        try:
            self.file = open("/proc/thread-self/schedstat", "rb", 0)
        except Exception:
            self.file = None

    def read(self):
        try:
            self.file.seek(0)
            return int(self.file.read(96).split()[1])
        except Exception:
            return None

    def since(self, before):
        after = self.read()
        return None if before is None or after is None else after - before


def cpu_ns():
    """CPU time of this process, in ns; None where the system does not say."""
    if resource is None:
        return None
    used = resource.getrusage(resource.RUSAGE_SELF)
    return int((used.ru_utime + used.ru_stime) * 1e9)


def switch_us():
    """The switch interval in us; None in Python 2, which counts bytecodes."""
    return int(sys.getswitchinterval() * 1e6 + 0.1) if hasattr(sys, "getswitchinterval") else None


def hello():
    """What this interpreter says of itself."""
    name, version, language = identity()
    is_cpython = name == "CPython"
    return {
        "hello": 1,
        "implementation": name,
        "version": version,
        "language": language,
        "build": " ".join(sys.version.split())[:200],
        "free_threaded": is_cpython and bool(config("Py_GIL_DISABLED")),
        "gil": has_global_lock(name),
        "debug": is_cpython and hasattr(sys, "gettotalrefcount"),
        "jit": jit(),
        "pgo": configured("--enable-optimizations") if is_cpython else None,
        "lto": configured("--with-lto") if is_cpython else None,
        "switch_us": switch_us(),
        "check_interval": sys.getcheckinterval() if OWN_SWITCH_US is None and has_global_lock(name) else None,
        "rwlock": hasattr(threading, "RWLock"),
        "subjects": runnable(),
        "watched": watched(),
    }


def identity():
    """The implementation, its version, and that of the language."""
    language = dotted(sys.version_info)
    own = getattr(sys, "implementation", None)
    name = sys.subversion[0] if own is None else own.name  # Python 2 has no sys.implementation
    known = ("CPython", "PyPy", "GraalPy", "Jython", "MicroPython", "RustPython")
    name = dict((one.lower(), one) for one in known).get(name.lower(), name)
    version = language
    if name == "PyPy":
        version = dotted(sys.pypy_version_info)
    elif name == "RustPython":
        version = sys.version.split("RustPython ")[1].split()[0].rstrip("]")
    elif name == "GraalPy":
        version = __graalpython__.get_graalvm_version()  # noqa: F821 - it is built in
    elif own is not None and name != "CPython":
        version = dotted(own.version)
    return name, version, language


def dotted(version):
    """Such as 3.9.18, or 3.15.0rc1."""
    level, serial = (tuple(version[3:5]) + ("", ""))[:2]
    release = {"final": "", "alpha": "a", "beta": "b", "candidate": "rc"}.get(level, level)
    return "%d.%d.%d%s" % (tuple(version[:3]) + (release + str(serial) if release else "",))


def has_global_lock(name):
    if name in ("Jython", "RustPython"):
        return False
    if name == "MicroPython":  # usually built without; before 1.26 it does not say
        return getattr(sys.implementation, "_thread", "unsafe") == "GIL"
    return bool(locked())


def jit():
    """Whether it compiles to machine code as it runs; None if it cannot."""
    if hasattr(sys, "_jit"):
        return sys._jit.is_enabled() if sys._jit.is_available() else None
    try:
        import pypyjit
    except ImportError:
        return None

    seen = []
    pypyjit.set_compile_hook(seen.append)
    for _ in range(20000):
        pass
    pypyjit.set_compile_hook(None)
    return bool(seen)


def config(name):
    """A variable of its build; None if it does not know."""
    try:
        import sysconfig
        return sysconfig.get_config_var(name)
    except Exception:
        return None


def configured(option):
    """Whether it was built with an option; None where its build does not tell, as Debian's does not."""
    if option in (config("CONFIG_ARGS") or ""):
        return True
    return False if config("PGO_PROF_USE_FLAG") else None


def can(kind):
    """Whether a subject that needs no package can be run here: it may need more of Python's library than there is."""
    if kind is CheckThenAppend and threading.local is None:
        return False  # MicroPython was seen to end in the middle of it
    try:
        counter = kind(1, 1)
        counter.work(*((0, 1) if kind.walks else (1,)))
        counter.leave()
        counter.total()
        counter.close()
        return True
    except Exception:
        return False


def runnable():
    """Names of the subjects that can be run here. Those of packages are tried in children, all at once: an import may
    crash, hang, or turn the interpreter's global lock on."""
    names = [name for name in sorted(SUBJECTS) if SUBJECTS[name].package is None and can(SUBJECTS[name])]
    if folder_of_packages() is not None and hasattr(os, "fork"):
        packaged = [name for name in sorted(SUBJECTS) if SUBJECTS[name].package is not None]
        children = [trial(SUBJECTS[name]) for name in packaged]
        names += [name for name, child in zip(packaged, children) if os.waitpid(child, 0)[1] == 0]
    return names


def trial(kind):
    """A child that ends with status 0 if it can count with a subject."""
    import signal
    child = os.fork()
    if child == 0:
        failed = 1
        try:
            signal.alarm(2)
            for stream in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
            lock = locked()
            counter = kind(1, 1)
            counter.work(3)
            failed = int(counter.total() != 3 or locked() != lock)
        finally:
            os._exit(failed)
    return child


def locked():
    return getattr(sys, "_is_gil_enabled", lambda: True)()


def watched():
    """What watches this thread; None if nothing does."""
    for name in ("trace", "profile"):
        if getattr(sys, "get" + name, lambda: None)() is not None:
            return "sys.set" + name
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is not None and any(monitoring.get_tool(tool) is not None for tool in range(6)):
        return "sys.monitoring"
    return None


def trace(frame, event, argument):
    return trace


def profile(frame, event, argument):
    pass


# How the calling thread is watched by a function, and the function.
WATCHES = {
    None: (lambda function: None, None),
    "trace": (getattr(sys, "settrace", None), trace),
    "profile": (getattr(sys, "setprofile", None), profile),
}


def instrumented(function):
    """Instructions of a function that somebody still watches. CPython marks them since 3.12."""
    if not hasattr(sys, "monitoring"):
        return []
    import dis
    function()
    names = [code.opname for code in dis.get_instructions(function, adaptive=True)]
    return [name for name in names if name.startswith("INSTRUMENTED_")]


class Round(object):
    def __init__(self, request):
        self.threads = request["threads"]
        self.iters = request["iters"]
        self.shared = request["shared"]
        self.cpus = request["cpus"]
        self.watch = request["watch"]
        # Otherwise threads begin when they are started, as in the articles.
        self.lined_up = self.shared
        stop_ms = request["stop_ms"]
        self.stop_ns = None if stop_ms is None else stop_ms * 1000000
        kind = SUBJECTS[request["subject"]]
        if kind.walks:
            self.iters = min(self.iters, MOST_ITEMS)
        self.walks = kind.walks
        self.counter = kind(self.threads, self.iters)
        # Chunks of one budget, taken off the end. list.pop() is one step, also without a global lock; not in MicroPython.
        chunk = min(max(self.iters // 64, 1), 65536)
        self.chunk = chunk
        total = self.iters * self.threads
        self.chunks = []
        if self.shared and not self.walks:
            self.chunks = [chunk] * (total // chunk)
            if total % chunk:
                self.chunks.append(total % chunk)
        self.claiming = threading.Lock()
        self.tallies = [None] * self.threads
        self.failed = None
        self.until = None

    def count(self):
        """One thread's part of the round. Returns how many increments it completed."""
        work = self.counter.work
        if self.walks:
            at = 0
            while at < self.iters and not self.late():
                end = min(at + self.chunk, self.iters)
                work(at, end)
                at = end
            return at
        if not self.shared:
            work(self.iters)
            return self.iters
        done = 0
        pop = self.chunks.pop if threading.local else self.pop_locked
        while not self.late():
            try:
                n = pop()
            except IndexError:
                break
            work(n)
            done += n
        return done

    def pop_locked(self):
        with self.claiming:
            return self.chunks.pop()

    def late(self):
        return self.until is not None and CLOCK() > self.until

    def thread(self, number, ready, gate):
        watch, function = WATCHES[self.watch]
        try:
            if watched() is not None:
                raise RuntimeError("a thread is watched by %s from its start" % watched())
            pinned = bool(self.cpus) and pin(self.cpus[number])
            waits = Waits()
            before = waits.read()
            watch(function)
            if gate is not None:
                ready.release()
                gate.acquire()
            start = CLOCK()
            done = self.count()
            self.counter.leave()
            end = CLOCK()
            self.tallies[number] = {
                "attempted": done, "start_ns": start, "end_ns": end,
                "waited_ns": waits.since(before), "pinned": pinned,
            }
        except BaseException as error:
            self.failed = "%s: %s" % (type(error).__name__, error)
            if gate is not None:
                ready.release()
        finally:
            # A thread that ends with its profile function set leaves the whole process instrumented: CPython 3.12 to 3.15.
            watch(None)

    def run(self):
        gates = [None] * self.threads
        ready = threading.Semaphore(0)
        if self.lined_up:
            gates = [threading.Lock() for _ in gates]
            for gate in gates:
                gate.acquire()
        threads = [threading.Thread(target=self.thread, args=(n, ready, gates[n])) for n in range(self.threads)]
        for thread in threads:
            thread.daemon = True
        used = cpu_ns()
        if self.stop_ns is not None and not self.lined_up:
            self.until = CLOCK() + self.stop_ns
        for thread in threads:
            thread.start()
        if self.lined_up:
            for _ in threads:
                ready.acquire()
            used = cpu_ns()
            if self.stop_ns is not None:
                self.until = CLOCK() + self.stop_ns
            for gate in gates:
                gate.release()
        for thread in threads:
            thread.join()
        used_after = cpu_ns()
        self.counter.close()
        if self.failed is not None:
            raise RuntimeError(self.failed)
        kept = self.counter.total()
        left = instrumented(self.counter.increment) if self.watch else []
        if left:
            raise RuntimeError("calls are left instrumented: %s" % ", ".join(left))
        return {
            "kept": kept,
            "seen": self.counter.seen,
            "chances": max(t["attempted"] for t in self.tallies) if self.walks else None,
            "cpu_ns": None if used is None else used_after - used,
            "tallies": self.tallies,
        }


def play(request):
    if OWN_SWITCH_US is not None:
        asked = request["switch_us"]
        # CPython cuts it off to whole us: 50e-6 alone would become 49.
        sys.setswitchinterval(((OWN_SWITCH_US if asked is None else asked) + 0.5) * 1e-6)
    said = Round(request).run()
    said["switch_us"] = switch_us()
    return said


def answer(request):
    number = request.get("round")
    try:
        said = look(request) if "look_at" in request else play(request)
    except BaseException as error:
        said = {"error": ("%s: %s" % (type(error).__name__, error))[:300]}
    said["round"] = number
    say(said)


def say(what):
    sys.stdout.write(dumps(what) + "\n")
    sys.stdout.flush()


def dumps(what):
    """JSON, since json may be missing."""
    if what is None or what is True or what is False:
        return {None: "null", True: "true", False: "false"}[what]
    if isinstance(what, dict):
        return "{%s}" % ", ".join(["%s: %s" % (dumps(key), dumps(what[key])) for key in what])
    if isinstance(what, list):
        return "[%s]" % ", ".join([dumps(one) for one in what])
    if not hasattr(what, "upper"):
        return str(what)
    return '"%s"' % "".join([c if " " <= c <= "~" and c not in '"\\' else "\\u%04x" % min(ord(c), 0xfffd) for c in what])


def loads(line):
    return eval(line, {"null": None, "true": True, "false": False})


def end():
    """Ends this process at once. Threads may still be counting."""
    try:
        os._exit(0)
    except AttributeError:
        sys.exit(0)


def main():
    say(hello())
    while True:
        line = sys.stdin.readline()
        if not line:
            end()
        # The round has a thread of its own, so that this thread sees standard input end in mid-round.
        thread = threading.Thread(target=answer, args=(loads(line),))
        thread.daemon = True
        thread.start()


CLOCK = find_clock()
OWN_SWITCH_US = switch_us()
if __name__ == "__main__":
    main()
