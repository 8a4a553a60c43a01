//! The version that a variant names, and the models that stand for it.

/// The version that a variant such as `cpython_3_13_5t` names. Versions are ordered from old to new, CPython's first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Empty for CPython, so that it comes first.
    other: String,
    numbers: Vec<u64>,
    /// Built to run without the global lock.
    free_threaded: bool,
    /// Such a build, but run with the lock.
    locked: bool,
    /// A debug build.
    debug: bool,
    /// Whether it compiles to machine code as it runs, where that is not the usual in its implementation.
    jit: Option<bool>,
}

impl Version {
    /// Reads a variant: the implementation, the numbers of its version, after them a `t` for a free-threaded build and a `d`
    /// for a debug build, `gil` if a free-threaded build runs with the lock, `jit` or `nojit`. Other parts are ignored.
    ///
    /// ```
    /// use miscount::python::record::Version;
    /// let [old, new, free] = ["cpython_3_9_18", "cpython_3_13_5", "cpython_3_13_5t"].map(Version::of);
    /// assert!(old < new && new < free);
    /// assert_eq!((old.text(), free.text()), ("3.9.18".into(), "3.13.5t".into()));
    /// assert!(free.is_free_threaded() && !new.is_free_threaded());
    /// ```
    pub fn of(variant: &str) -> Version {
        let (name, rest) = variant.split_once('_').unwrap_or((variant, ""));
        let other = if name == "cpython" { String::new() } else { name.to_owned() };
        let mut version =
            Version { other, numbers: Vec::new(), free_threaded: false, locked: false, debug: false, jit: None };
        for part in rest.split('_') {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            if let Ok(number) = part[..digits].parse() {
                version.numbers.push(number);
                let build = &part[digits..];
                version.debug |= build.ends_with('d');
                version.free_threaded |= build.trim_end_matches('d').ends_with('t');
            }
            match part {
                "gil" => version.locked = true,
                "jit" | "nojit" => version.jit = Some(part == "jit"),
                _ => {}
            }
        }
        version
    }

    /// The version as people write it, without the implementation; empty if there is no number.
    pub fn text(&self) -> String {
        let numbers: Vec<String> = self.numbers.iter().map(u64::to_string).collect();
        let [free, debug, lock] = [(self.free_threaded, "t"), (self.debug, "d"), (self.locked, " GIL")]
            .map(|(so, text)| if so { text } else { "" });
        let jit = self.jit.map_or("", |on| if on { " JIT" } else { " no JIT" });
        format!("{}{free}{debug}{lock}{jit}", numbers.join("."))
    }

    /// Whether it is a CPython whose threads run without the global lock.
    pub fn is_free_threaded(&self) -> bool {
        self.free_threaded && !self.locked
    }

    /// Whether its threads take turns at a global lock.
    pub fn has_global_lock(&self) -> bool {
        (self.is_cpython() && !self.is_free_threaded()) || matches!(self.other.as_str(), "pypy" | "graalpy")
    }

    /// Whether it is CPython, the only one with a model.
    pub fn is_cpython(&self) -> bool {
        self.other.is_empty() && !self.numbers.is_empty()
    }

    /// Ids of the models of a way of counting in it, the best first. `gil_3_9` checks after most bytecodes whether it must
    /// drop the lock, as CPython does up to 3.9; `gil_3_10` checks at backward jumps and calls, as CPython does since;
    /// `gil_3_11` and `gil_3_13` run the bytecodes of 3.11 and 3.12, and of 3.13 and newer, where they differ.
    pub(super) fn models(&self, way: &str) -> Vec<String> {
        if !self.is_cpython() {
            return Vec::new();
        }
        if self.is_free_threaded() {
            let own = format!("gil_free_threaded_{way}");
            // Increments without a lock may share a model: they lose for the same reason.
            return if way == "lock" { vec![own] } else { vec![own, "gil_free_threaded".into()] };
        }
        let known: &[&str] = match &self.numbers[..] {
            old if old < &[3, 10][..] => &["gil_3_9"],
            old if old < &[3, 11][..] => &["gil_3_10"],
            old if old < &[3, 13][..] => &["gil_3_11", "gil_3_10"],
            _ => &["gil_3_13", "gil_3_10"],
        };
        known.iter().map(|model| format!("{model}_{way}")).collect()
    }
}

/// A key that sorts ids by their numbers: `gil_3_9` before `gil_3_10`.
pub(crate) fn natural(id: &str) -> Vec<(u64, &str)> {
    let part = |text| -> (u64, &str) { str::parse(text).map_or((u64::MAX, text), |number| (number, "")) };
    id.split('_').map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(variant: &str) -> Option<String> {
        Version::of(variant).models("plain").last().cloned()
    }

    #[test]
    fn each_version_has_its_model() {
        for variant in ["cpython_2_7_18", "cpython_3_6_15", "cpython_3_9", "cpython_3_9_18"] {
            assert_eq!(model(variant).as_deref(), Some("gil_3_9_plain"), "{variant}");
        }
        for variant in ["cpython_3_10", "cpython_3_10_13", "cpython_3_13_0", "cpython_3_14_0rc1", "cpython_4_0"] {
            assert_eq!(model(variant).as_deref(), Some("gil_3_10_plain"), "{variant}");
        }
        assert_eq!(Version::of("cpython_3_10_13").models("int"), ["gil_3_10_int"]);
        for own in ["cpython_3_11", "cpython_3_11_0", "cpython_3_12_1"] {
            assert_eq!(Version::of(own).models("int"), ["gil_3_11_int", "gil_3_10_int"], "its own first");
        }
        let locked = Version::of("cpython_3_13_5t_gil");
        assert_eq!((locked.models("int")[0].as_str(), locked.text().as_str()), ("gil_3_13_int", "3.13.5t GIL"));
        assert!(!locked.is_free_threaded() && Version::of("cpython_3_15_0a1t").is_free_threaded());
        let debug = Version::of("cpython_3_15_0td");
        assert!(debug.is_free_threaded() && debug.text() == "3.15.0td");
        let compiling = Version::of("cpython_3_15_2_jit");
        assert_eq!(
            (compiling.text().as_str(), compiling.models("int")),
            ("3.15.2 JIT", Version::of("cpython_3_15_2").models("int"))
        );
        let free = Version::of("cpython_3_13_5t");
        assert_eq!(free.models("int"), ["gil_free_threaded_int", "gil_free_threaded"]);
        assert_eq!(free.models("lock"), ["gil_free_threaded_lock"], "a lock loses nothing: no other row will do");
        for none in ["pypy_7_3_19_py311", "cpython", "", "cpython_", "x"] {
            assert_eq!(model(none), None, "{none:?}");
        }
    }

    #[test]
    fn which_have_a_global_lock() {
        let locks = |variant| Version::of(variant).has_global_lock();
        for variant in [
            "cpython_2_7_18",
            "cpython_3_13_5t_gil",
            "cpython_3_15_2_jit",
            "pypy_7_3_19_py311_nojit",
            "graalpy_24_2_1_py311",
        ] {
            assert!(locks(variant), "{variant}");
        }
        for variant in ["cpython_3_13_5t", "jython_2_7_3", "micropython_1_26_1", "rustpython_0_5_0", "cpython", ""] {
            assert!(!locks(variant), "{variant}");
        }
    }

    #[test]
    fn versions_stand_in_the_order_of_time() {
        let mut all = [
            "pypy_7_3_19_py311_nojit",
            "cpython_3_13_5t",
            "cpython_3_6_15",
            "cpython_3_13_5",
            "cpython_3_10_13",
            "cpython_2_7_18",
        ];
        all.sort_by_key(|variant| Version::of(variant));
        let texts: Vec<String> = all.iter().map(|variant| Version::of(variant).text()).collect();
        assert_eq!(texts, ["2.7.18", "3.6.15", "3.10.13", "3.13.5", "3.13.5t", "7.3.19 no JIT"]);
        let mut ids = ["gil_free_threaded", "gil_3_10_int", "gil_3_9_plain", "gil_3_9_int"];
        ids.sort_by_key(|id| natural(id));
        assert_eq!(ids, ["gil_3_9_int", "gil_3_9_plain", "gil_3_10_int", "gil_free_threaded"]);
        // Too many digits are no number, and do no harm.
        assert_eq!(Version::of(&format!("cpython_{}", "9".repeat(40))).text(), "");
    }
}
